"""What somebody who owns the database may do to the audit log: SQL, by what it is called.

In:  nothing; ``{a}`` and ``{b}`` stand for the subjects of two users with eight sealed rows each.
Out: `MANIPULATIONS`, each with the kind and the row that the verifier must name.
Next: `tests/supabase/test_audit_seals.py`.
"""

from typing import NamedTuple


class Manipulation(NamedTuple):
    """One thing done to the rows of the first user."""

    kind: str
    sequence: int
    script: str


ALTER = "update public.audit_log set detail = '{}' where subject = '{a}' and sequence = 5"
ALTER_THE_OTHER = "update public.audit_log set detail = '{}' where subject = '{b}' and sequence = 8"
# Seals go with the rows they covered, counters follow: nothing in the database tells.
CUT_OFF = """
    delete from public.audit_seals where number > 2;
    delete from public.audit_log where sequence > 3;
    update public.audit_subjects set last_sequence = 3 where last_sequence > 3
"""

MANIPULATIONS = {
    "a detail altered": Manipulation("altered", 5, ALTER),
    "an actor altered": Manipulation(
        "altered",
        5,
        "update public.audit_log set actor = 'user' where subject = '{a}' and sequence = 5",
    ),
    "a time moved by a microsecond": Manipulation(
        "altered",
        5,
        """
        update public.audit_log set occurred_at = occurred_at + interval '1 us'
        where subject = '{a}' and sequence = 5
        """,
    ),
    "a row deleted": Manipulation(
        "deleted", 5, "delete from public.audit_log where subject = '{a}' and sequence = 5"
    ),
    "a row deleted and the gap closed": Manipulation(
        "deleted",
        5,
        """
        delete from public.audit_log where subject = '{a}' and sequence = 5;
        do $$ begin for n in 6..8 loop
          update public.audit_log set sequence = n - 1 where subject = '{a}' and sequence = n;
        end loop; end $$;
        update public.audit_subjects set last_sequence = 7 where subject = '{a}'
        """,
    ),
    "a row inserted": Manipulation(
        "inserted",
        5,
        """
        do $$ begin for n in reverse 8..5 loop
          update public.audit_log set sequence = n + 1 where subject = '{a}' and sequence = n;
        end loop; end $$;
        insert into public.audit_log
        select subject, 5, actor, 'forged', entity, entity_id, detail, occurred_at
        from public.audit_log where subject = '{a}' and sequence = 6;
        update public.audit_subjects set last_sequence = 9 where subject = '{a}'
        """,
    ),
    "a row inserted before the first": Manipulation(
        "inserted",
        -1,
        """
        alter table public.audit_log drop constraint if exists audit_log_sequence_check;
        insert into public.audit_log
        select subject, -1, actor, 'forged', entity, entity_id, detail, occurred_at
        from public.audit_log where subject = '{a}' and sequence = 5
        """,
    ),
    "two rows changed places": Manipulation(
        "reordered",
        5,
        """
        update public.audit_log set sequence = 100 where subject = '{a}' and sequence = 5;
        update public.audit_log set sequence = 5 where subject = '{a}' and sequence = 7;
        update public.audit_log set sequence = 7 where subject = '{a}' and sequence = 100
        """,
    ),
    "the tail cut, the counter with it": Manipulation(
        "deleted",
        6,
        """
        delete from public.audit_log where subject = '{a}' and sequence >= 6;
        update public.audit_subjects set last_sequence = 5 where subject = '{a}'
        """,
    ),
    "everything of the user deleted": Manipulation(
        "deleted",
        1,
        """
        delete from public.audit_log where subject = '{a}';
        update public.audit_subjects set last_sequence = 0 where subject = '{a}'
        """,
    ),
    "a row altered and all that can be computed without the key computed again": Manipulation(
        "altered",
        5,
        """
        update public.audit_log set detail = '{}' where subject = '{a}' and sequence = 5;
        update public.audit_seals as seal
        set links = left(links, 64) || repeat(encode(sha256(links::bytea), 'hex'), 4),
            chain = encode(sha256(chain::bytea), 'hex')
        where subject = '{a}' and last_sequence = 8
        """,
    ),
}
