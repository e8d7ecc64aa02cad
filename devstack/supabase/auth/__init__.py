"""The embedded part of GoTrue: users with e-mail and password, their sessions, the admin's view.

In:  requests below ``/auth/v1``.
Out: users in ``auth.users``, sessions in ``auth.sessions``, tokens signed with ES256.
Next: `devstack/supabase/auth/service.py`.

Left out, and answered with 404: e-mail, phone, OAuth, MFA, single sign-on. New users are confirmed
at once, as in the Supabase CLI's default configuration.
"""
