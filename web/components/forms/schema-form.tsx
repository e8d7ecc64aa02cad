"use client";

/**
 * The fields of a JSON Schema: one per parameter, with its limits, and its default shown.
 *
 * In:  the schema, the values that differ from the defaults.
 * Out: the same, changed. A value that equals the default is left out, so that a later default is
 *      not held fast.
 */
import { SelectField, TextField } from "@/components/ui/field";
import { Switch } from "@/components/ui/switch";
import type { FieldSchema, FormSchema } from "@/lib/strategy-types";

export type FormValues = Readonly<Record<string, string | number | boolean>>;

interface SchemaFormProps {
  schema: FormSchema;
  values: FormValues;
  onChange: (values: FormValues) => void;
  /** Sentences by field, where the API found a value wrong. */
  errors?: Readonly<Record<string, string>>;
}

export function SchemaForm({ schema, values, onChange, errors = {} }: SchemaFormProps) {
  const change = (name: string, field: FieldSchema, value: string | number | boolean | null) => {
    const others = Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));
    onChange(value === null || value === field.default ? others : { ...others, [name]: value });
  };
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {Object.entries(schema.properties).map(([name, field]) => (
        <SchemaField
          key={name}
          field={field}
          value={values[name] ?? field.default}
          error={errors[name]}
          onChange={(value) => change(name, field, value)}
        />
      ))}
    </div>
  );
}

interface SchemaFieldProps {
  field: FieldSchema;
  value: string | number | boolean;
  error: string | undefined;
  onChange: (value: string | number | boolean | null) => void;
}

function SchemaField({ field, value, error, onChange }: SchemaFieldProps) {
  if (field.type === "boolean") {
    return (
      <div className="flex items-center justify-between gap-3 rounded-lg border px-3 py-2">
        <span className="text-sm">{field.title}</span>
        <Switch isOn={value === true} label={field.title} onChange={onChange} />
      </div>
    );
  }
  if (field.enum !== undefined) {
    return (
      <SelectField
        label={field.title}
        value={String(value)}
        error={error}
        onChange={(event) => onChange(event.target.value)}
      >
        {field.enum.map((choice) => (
          <option key={choice} value={choice}>
            {choice.replaceAll("_", " ")}
          </option>
        ))}
      </SelectField>
    );
  }
  if (field.type === "string") {
    return (
      <TextField
        label={field.title}
        defaultValue={String(value)}
        error={error}
        hint={`usually ${String(field.default)}`}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return (
    <TextField
      label={field.title}
      type="number"
      defaultValue={String(value)}
      min={field.minimum}
      max={field.maximum}
      step={field.type === "integer" ? 1 : "any"}
      error={error}
      hint={limitsOf(field)}
      onChange={(event) => onChange(event.target.value === "" ? null : event.target.valueAsNumber)}
    />
  );
}

function limitsOf(field: FieldSchema): string {
  const { minimum, maximum } = field;
  const limits = minimum === undefined || maximum === undefined ? "" : `${minimum} to ${maximum}, `;
  return `${limits}usually ${String(field.default)}`;
}
