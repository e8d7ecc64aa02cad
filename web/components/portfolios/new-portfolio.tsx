"use client";

/** A dialog that makes a paper portfolio. */
import { type FormEvent, useId, useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { Failed } from "@/components/ui/states";
import { sentenceOf } from "@/lib/live/use-query";
import { createPortfolio } from "@/lib/tables/portfolios";

interface NewPortfolioProps {
  isOpen: boolean;
  onClose: () => void;
  onCreated: () => void;
}

export function NewPortfolio({ isOpen, onClose, onCreated }: NewPortfolioProps) {
  const form = useId();
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  const create = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    setIsBusy(true);
    try {
      await createPortfolio(String(values.get("name")), String(values.get("capital")));
      setError(null);
      onCreated();
    } catch (failure) {
      setError(sentenceOf(failure));
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <Dialog
      isOpen={isOpen}
      title="New portfolio of simulated money"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form} isBusy={isBusy}>
            Create
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={(event) => void create(event)} className="flex flex-col gap-4 pt-1">
        <TextField label="Name" name="name" required maxLength={100} />
        <TextField
          label="Capital in rupees"
          name="capital"
          inputMode="decimal"
          pattern="[0-9]+(\.[0-9]{1,2})?"
          title="Rupees, with at most two decimals"
          defaultValue="1000000"
          required
        />
        {error !== null && <Failed message={error} />}
      </form>
    </Dialog>
  );
}
