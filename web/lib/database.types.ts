export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]

export type Database = {
  public: {
    Tables: {
      alert_templates: {
        Row: {
          body: string
          channel: Database["public"]["Enums"]["notification_channel"]
          kind: Database["public"]["Enums"]["notification_kind"] | null
          title: string
          updated_at: string
        }
        Insert: {
          body: string
          channel: Database["public"]["Enums"]["notification_channel"]
          kind?: Database["public"]["Enums"]["notification_kind"] | null
          title: string
          updated_at?: string
        }
        Update: {
          body?: string
          channel?: Database["public"]["Enums"]["notification_channel"]
          kind?: Database["public"]["Enums"]["notification_kind"] | null
          title?: string
          updated_at?: string
        }
        Relationships: []
      }
      audit_log: {
        Row: {
          action: string
          actor: Database["public"]["Enums"]["audit_actor"]
          detail: NonNullable<Json>
          entity: string
          entity_id: string | null
          occurred_at: string
          sequence: number
          subject: string
        }
        Insert: {
          action: string
          actor: Database["public"]["Enums"]["audit_actor"]
          detail?: NonNullable<Json>
          entity: string
          entity_id?: string | null
          occurred_at: string
          sequence: number
          subject: string
        }
        Update: {
          action?: string
          actor?: Database["public"]["Enums"]["audit_actor"]
          detail?: NonNullable<Json>
          entity?: string
          entity_id?: string | null
          occurred_at?: string
          sequence?: number
          subject?: string
        }
        Relationships: []
      }
      audit_seals: {
        Row: {
          chain: string
          first_sequence: number
          key_id: string
          last_sequence: number
          links: string
          number: number
          sealed_at: string
          subject: string
        }
        Insert: {
          chain: string
          first_sequence: number
          key_id: string
          last_sequence: number
          links: string
          number: number
          sealed_at: string
          subject: string
        }
        Update: {
          chain?: string
          first_sequence?: number
          key_id?: string
          last_sequence?: number
          links?: string
          number?: number
          sealed_at?: string
          subject?: string
        }
        Relationships: [
          {
            foreignKeyName: "audit_seals_subject_fkey"
            columns: ["subject"]
            isOneToOne: false
            referencedRelation: "audit_subjects"
            referencedColumns: ["subject"]
          },
        ]
      }
      audit_subjects: {
        Row: {
          last_sequence: number
          subject: string
          user_id: string | null
        }
        Insert: {
          last_sequence?: number
          subject?: string
          user_id?: string | null
        }
        Update: {
          last_sequence?: number
          subject?: string
          user_id?: string | null
        }
        Relationships: []
      }
      broker_accounts: {
        Row: {
          broker: Database["public"]["Enums"]["broker"]
          client_id: string
          connected_at: string
          created_at: string
          disconnected_at: string | null
          id: string
          token_expires_at: string
          token_last_four: string
          updated_at: string
          user_id: string
        }
        Insert: {
          broker: Database["public"]["Enums"]["broker"]
          client_id: string
          connected_at?: string
          created_at?: string
          disconnected_at?: string | null
          id?: string
          token_expires_at: string
          token_last_four: string
          updated_at?: string
          user_id: string
        }
        Update: {
          broker?: Database["public"]["Enums"]["broker"]
          client_id?: string
          connected_at?: string
          created_at?: string
          disconnected_at?: string | null
          id?: string
          token_expires_at?: string
          token_last_four?: string
          updated_at?: string
          user_id?: string
        }
        Relationships: []
      }
      broker_checks: {
        Row: {
          broker_account_id: string
          checked_at: string
          detail: string
          id: string
          static_ip_allowed: boolean
          token_valid: boolean
          user_id: string
        }
        Insert: {
          broker_account_id: string
          checked_at?: string
          detail: string
          id?: string
          static_ip_allowed: boolean
          token_valid: boolean
          user_id: string
        }
        Update: {
          broker_account_id?: string
          checked_at?: string
          detail?: string
          id?: string
          static_ip_allowed?: boolean
          token_valid?: boolean
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "broker_checks_broker_account_id_user_id_fkey"
            columns: ["broker_account_id", "user_id"]
            isOneToOne: false
            referencedRelation: "broker_accounts"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      broker_secrets: {
        Row: {
          broker_account_id: string
          field: string
          sealed: string
          updated_at: string
        }
        Insert: {
          broker_account_id: string
          field: string
          sealed: string
          updated_at?: string
        }
        Update: {
          broker_account_id?: string
          field?: string
          sealed?: string
          updated_at?: string
        }
        Relationships: [
          {
            foreignKeyName: "broker_secrets_broker_account_id_fkey"
            columns: ["broker_account_id"]
            isOneToOne: false
            referencedRelation: "broker_accounts"
            referencedColumns: ["id"]
          },
        ]
      }
      code_runs: {
        Row: {
          close_positions: boolean
          failures: number
          last_minute: string | null
          strategy_config_id: string
          updated_at: string
          user_id: string
        }
        Insert: {
          close_positions?: boolean
          failures?: number
          last_minute?: string | null
          strategy_config_id: string
          updated_at?: string
          user_id: string
        }
        Update: {
          close_positions?: boolean
          failures?: number
          last_minute?: string | null
          strategy_config_id?: string
          updated_at?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "code_runs_strategy_config_id_user_id_fkey"
            columns: ["strategy_config_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      emergency_stops: {
        Row: {
          affected_strategies: string[]
          id: string
          lift_reason: string | null
          lifted_at: string | null
          reason: string
          stopped_at: string
          triggered_by: string
          user_id: string | null
        }
        Insert: {
          affected_strategies?: string[]
          id?: string
          lift_reason?: string | null
          lifted_at?: string | null
          reason: string
          stopped_at?: string
          triggered_by: string
          user_id?: string | null
        }
        Update: {
          affected_strategies?: string[]
          id?: string
          lift_reason?: string | null
          lifted_at?: string | null
          reason?: string
          stopped_at?: string
          triggered_by?: string
          user_id?: string | null
        }
        Relationships: []
      }
      fills: {
        Row: {
          broker_trade_id: string | null
          charges: number
          created_at: string
          filled_at: string
          id: string
          instrument_key: string
          order_id: string
          price: number
          quantity: number
          side: Database["public"]["Enums"]["order_side"]
          strategy_config_id: string
          strategy_id: string
          trade_id: string | null
          user_id: string
        }
        Insert: {
          broker_trade_id?: string | null
          charges: number
          created_at?: string
          filled_at: string
          id: string
          instrument_key: string
          order_id: string
          price: number
          quantity: number
          side: Database["public"]["Enums"]["order_side"]
          strategy_config_id: string
          strategy_id: string
          trade_id?: string | null
          user_id: string
        }
        Update: {
          broker_trade_id?: string | null
          charges?: number
          created_at?: string
          filled_at?: string
          id?: string
          instrument_key?: string
          order_id?: string
          price?: number
          quantity?: number
          side?: Database["public"]["Enums"]["order_side"]
          strategy_config_id?: string
          strategy_id?: string
          trade_id?: string | null
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "fills_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "fills_strategy_config_id_strategy_id_user_id_fkey"
            columns: ["strategy_config_id", "strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "strategy_id", "user_id"]
          },
        ]
      }
      flattenings: {
        Row: {
          claimed_by: string | null
          emergency_stop_id: string
          finished_at: string | null
          id: string
          lease_until: string | null
          outcome: string | null
          requested_at: string
          status: Database["public"]["Enums"]["flattening_status"]
          token: string | null
          user_id: string
          verification: Json | null
        }
        Insert: {
          claimed_by?: string | null
          emergency_stop_id: string
          finished_at?: string | null
          id?: string
          lease_until?: string | null
          outcome?: string | null
          requested_at?: string
          status?: Database["public"]["Enums"]["flattening_status"]
          token?: string | null
          user_id: string
          verification?: Json | null
        }
        Update: {
          claimed_by?: string | null
          emergency_stop_id?: string
          finished_at?: string | null
          id?: string
          lease_until?: string | null
          outcome?: string | null
          requested_at?: string
          status?: Database["public"]["Enums"]["flattening_status"]
          token?: string | null
          user_id?: string
          verification?: Json | null
        }
        Relationships: [
          {
            foreignKeyName: "flattenings_emergency_stop_id_fkey"
            columns: ["emergency_stop_id"]
            isOneToOne: false
            referencedRelation: "emergency_stops"
            referencedColumns: ["id"]
          },
        ]
      }
      idempotency_keys: {
        Row: {
          answer: string | null
          claim: string
          claimed_until: string
          created_at: string
          expires_at: string
          key: string
          request_digest: string
          route: string
          status: number | null
          user_id: string
        }
        Insert: {
          answer?: string | null
          claim?: string
          claimed_until: string
          created_at?: string
          expires_at: string
          key: string
          request_digest: string
          route: string
          status?: number | null
          user_id: string
        }
        Update: {
          answer?: string | null
          claim?: string
          claimed_until?: string
          created_at?: string
          expires_at?: string
          key?: string
          request_digest?: string
          route?: string
          status?: number | null
          user_id?: string
        }
        Relationships: []
      }
      incidents: {
        Row: {
          detail: NonNullable<Json>
          event_id: string | null
          id: string
          kind: string
          message: string
          occurred_at: string
          resolved_at: string | null
          strategy_config_id: string | null
          user_id: string | null
        }
        Insert: {
          detail?: NonNullable<Json>
          event_id?: string | null
          id?: string
          kind: string
          message: string
          occurred_at?: string
          resolved_at?: string | null
          strategy_config_id?: string | null
          user_id?: string | null
        }
        Update: {
          detail?: NonNullable<Json>
          event_id?: string | null
          id?: string
          kind?: string
          message?: string
          occurred_at?: string
          resolved_at?: string | null
          strategy_config_id?: string | null
          user_id?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "incidents_strategy_config_id_fkey"
            columns: ["strategy_config_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id"]
          },
        ]
      }
      instruments: {
        Row: {
          display_name: string
          expiry: string | null
          freeze_quantity: number | null
          has_derivatives: boolean
          instrument_key: string
          is_active: boolean
          kind: string
          lot_size: number
          option_side: string | null
          security_id: number
          segment: string
          strike: number | null
          symbol: string
          tick_size: number
          underlying: string | null
          updated_at: string
        }
        Insert: {
          display_name?: string
          expiry?: string | null
          freeze_quantity?: number | null
          has_derivatives?: boolean
          instrument_key: string
          is_active?: boolean
          kind: string
          lot_size: number
          option_side?: string | null
          security_id: number
          segment: string
          strike?: number | null
          symbol: string
          tick_size: number
          underlying?: string | null
          updated_at?: string
        }
        Update: {
          display_name?: string
          expiry?: string | null
          freeze_quantity?: number | null
          has_derivatives?: boolean
          instrument_key?: string
          is_active?: boolean
          kind?: string
          lot_size?: number
          option_side?: string | null
          security_id?: number
          segment?: string
          strike?: number | null
          symbol?: string
          tick_size?: number
          underlying?: string | null
          updated_at?: string
        }
        Relationships: []
      }
      job_runs: {
        Row: {
          attempt: number
          detail: Json | null
          finished_at: string | null
          job: string
          lease_until: string
          slot: string
          started_at: string
          status: Database["public"]["Enums"]["job_status"]
          token: string
        }
        Insert: {
          attempt?: number
          detail?: Json | null
          finished_at?: string | null
          job: string
          lease_until: string
          slot: string
          started_at?: string
          status?: Database["public"]["Enums"]["job_status"]
          token?: string
        }
        Update: {
          attempt?: number
          detail?: Json | null
          finished_at?: string | null
          job?: string
          lease_until?: string
          slot?: string
          started_at?: string
          status?: Database["public"]["Enums"]["job_status"]
          token?: string
        }
        Relationships: []
      }
      last_prices: {
        Row: {
          instrument_key: string
          open_interest: number | null
          previous_close: number | null
          price: number
          symbol: string
          traded_at: string
          updated_at: string
          volume: number | null
        }
        Insert: {
          instrument_key: string
          open_interest?: number | null
          previous_close?: number | null
          price: number
          symbol: string
          traded_at: string
          updated_at?: string
          volume?: number | null
        }
        Update: {
          instrument_key?: string
          open_interest?: number | null
          previous_close?: number | null
          price?: number
          symbol?: string
          traded_at?: string
          updated_at?: string
          volume?: number | null
        }
        Relationships: []
      }
      ledger_entries: {
        Row: {
          amount: number
          created_at: string
          fill_id: string | null
          id: string
          kind: Database["public"]["Enums"]["ledger_kind"]
          note: string | null
          occurred_at: string
          order_id: string | null
          portfolio_id: string
          strategy_config_id: string | null
          strategy_id: string | null
          trade_id: string | null
          user_id: string
        }
        Insert: {
          amount: number
          created_at?: string
          fill_id?: string | null
          id?: string
          kind: Database["public"]["Enums"]["ledger_kind"]
          note?: string | null
          occurred_at: string
          order_id?: string | null
          portfolio_id: string
          strategy_config_id?: string | null
          strategy_id?: string | null
          trade_id?: string | null
          user_id: string
        }
        Update: {
          amount?: number
          created_at?: string
          fill_id?: string | null
          id?: string
          kind?: Database["public"]["Enums"]["ledger_kind"]
          note?: string | null
          occurred_at?: string
          order_id?: string | null
          portfolio_id?: string
          strategy_config_id?: string | null
          strategy_id?: string | null
          trade_id?: string | null
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "ledger_entries_fill_id_fkey"
            columns: ["fill_id"]
            isOneToOne: false
            referencedRelation: "fills"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "ledger_entries_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "ledger_entries_portfolio_id_user_id_fkey"
            columns: ["portfolio_id", "user_id"]
            isOneToOne: false
            referencedRelation: "portfolios"
            referencedColumns: ["id", "user_id"]
          },
          {
            foreignKeyName: "ledger_entries_strategy_config_id_strategy_id_user_id_fkey"
            columns: ["strategy_config_id", "strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "strategy_id", "user_id"]
          },
        ]
      }
      live_approvals: {
        Row: {
          approval_hash: string
          approved_at: string
          code_digest: string
          expires_at: string
          id: string
          revoked_at: string | null
          revoked_reason: string | null
          strategy_config_id: string
          strategy_id: string
          user_id: string
          validation_id: string
        }
        Insert: {
          approval_hash: string
          approved_at?: string
          code_digest: string
          expires_at: string
          id?: string
          revoked_at?: string | null
          revoked_reason?: string | null
          strategy_config_id: string
          strategy_id: string
          user_id: string
          validation_id: string
        }
        Update: {
          approval_hash?: string
          approved_at?: string
          code_digest?: string
          expires_at?: string
          id?: string
          revoked_at?: string | null
          revoked_reason?: string | null
          strategy_config_id?: string
          strategy_id?: string
          user_id?: string
          validation_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "live_approvals_strategy_config_id_strategy_id_user_id_fkey"
            columns: ["strategy_config_id", "strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "strategy_id", "user_id"]
          },
          {
            foreignKeyName: "live_approvals_validation_id_fkey"
            columns: ["validation_id"]
            isOneToOne: false
            referencedRelation: "live_mode_validations"
            referencedColumns: ["id"]
          },
        ]
      }
      live_mode_validations: {
        Row: {
          approval_hash: string
          expires_at: string
          id: string
          strategy_config_id: string
          strategy_id: string
          user_id: string
          validated_at: string
          validation_criteria: NonNullable<Json>
          validation_results: NonNullable<Json>
          validation_status: Database["public"]["Enums"]["validation_status"]
        }
        Insert: {
          approval_hash: string
          expires_at: string
          id?: string
          strategy_config_id: string
          strategy_id: string
          user_id: string
          validated_at?: string
          validation_criteria: NonNullable<Json>
          validation_results: NonNullable<Json>
          validation_status: Database["public"]["Enums"]["validation_status"]
        }
        Update: {
          approval_hash?: string
          expires_at?: string
          id?: string
          strategy_config_id?: string
          strategy_id?: string
          user_id?: string
          validated_at?: string
          validation_criteria?: NonNullable<Json>
          validation_results?: NonNullable<Json>
          validation_status?: Database["public"]["Enums"]["validation_status"]
        }
        Relationships: [
          {
            foreignKeyName: "live_mode_validations_strategy_config_id_strategy_id_user__fkey"
            columns: ["strategy_config_id", "strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "strategy_id", "user_id"]
          },
        ]
      }
      market_clock: {
        Row: {
          id: boolean
          market_time: string
          simulated: boolean
          source: Database["public"]["Enums"]["clock_source"]
          speed: number
          updated_at: string
        }
        Insert: {
          id?: boolean
          market_time?: string
          simulated?: boolean
          source?: Database["public"]["Enums"]["clock_source"]
          speed?: number
          updated_at?: string
        }
        Update: {
          id?: boolean
          market_time?: string
          simulated?: boolean
          source?: Database["public"]["Enums"]["clock_source"]
          speed?: number
          updated_at?: string
        }
        Relationships: []
      }
      notification_deliveries: {
        Row: {
          attempts: number
          body: string
          channel: Database["public"]["Enums"]["notification_channel"]
          created_at: string
          ended_at: string | null
          id: string
          is_silent: boolean
          last_error: string | null
          lease_until: string | null
          next_attempt_at: string | null
          notification_id: string
          status: Database["public"]["Enums"]["delivery_status"]
          title: string
          user_id: string
        }
        Insert: {
          attempts?: number
          body: string
          channel: Database["public"]["Enums"]["notification_channel"]
          created_at?: string
          ended_at?: string | null
          id?: string
          is_silent?: boolean
          last_error?: string | null
          lease_until?: string | null
          next_attempt_at?: string | null
          notification_id: string
          status?: Database["public"]["Enums"]["delivery_status"]
          title: string
          user_id: string
        }
        Update: {
          attempts?: number
          body?: string
          channel?: Database["public"]["Enums"]["notification_channel"]
          created_at?: string
          ended_at?: string | null
          id?: string
          is_silent?: boolean
          last_error?: string | null
          lease_until?: string | null
          next_attempt_at?: string | null
          notification_id?: string
          status?: Database["public"]["Enums"]["delivery_status"]
          title?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "notification_deliveries_notification_id_fkey"
            columns: ["notification_id"]
            isOneToOne: false
            referencedRelation: "notifications"
            referencedColumns: ["id"]
          },
        ]
      }
      notification_settings: {
        Row: {
          channel: Database["public"]["Enums"]["notification_channel"]
          kind: Database["public"]["Enums"]["notification_kind"]
          preference: Database["public"]["Enums"]["notification_preference"]
          updated_at: string
          user_id: string
        }
        Insert: {
          channel: Database["public"]["Enums"]["notification_channel"]
          kind: Database["public"]["Enums"]["notification_kind"]
          preference: Database["public"]["Enums"]["notification_preference"]
          updated_at?: string
          user_id: string
        }
        Update: {
          channel?: Database["public"]["Enums"]["notification_channel"]
          kind?: Database["public"]["Enums"]["notification_kind"]
          preference?: Database["public"]["Enums"]["notification_preference"]
          updated_at?: string
          user_id?: string
        }
        Relationships: []
      }
      notifications: {
        Row: {
          body: string
          created_at: string
          data: NonNullable<Json>
          dedup_key: string | null
          dismissed_at: string | null
          entity: string | null
          entity_id: string | null
          id: string
          is_critical: boolean
          is_silent: boolean
          kind: Database["public"]["Enums"]["notification_kind"]
          read_at: string | null
          title: string
          user_id: string
        }
        Insert: {
          body?: string
          created_at?: string
          data?: NonNullable<Json>
          dedup_key?: string | null
          dismissed_at?: string | null
          entity?: string | null
          entity_id?: string | null
          id?: string
          is_critical: boolean
          is_silent?: boolean
          kind: Database["public"]["Enums"]["notification_kind"]
          read_at?: string | null
          title: string
          user_id: string
        }
        Update: {
          body?: string
          created_at?: string
          data?: NonNullable<Json>
          dedup_key?: string | null
          dismissed_at?: string | null
          entity?: string | null
          entity_id?: string | null
          id?: string
          is_critical?: boolean
          is_silent?: boolean
          kind?: Database["public"]["Enums"]["notification_kind"]
          read_at?: string | null
          title?: string
          user_id?: string
        }
        Relationships: []
      }
      ohlcv_data: {
        Row: {
          close_price: number
          high_price: number
          instrument_key: string
          low_price: number
          open_interest: number | null
          open_price: number
          origin: Database["public"]["Enums"]["candle_origin"]
          symbol: string
          timeframe: string
          timestamp: string
          updated_at: string
          volume: number
        }
        Insert: {
          close_price: number
          high_price: number
          instrument_key: string
          low_price: number
          open_interest?: number | null
          open_price: number
          origin?: Database["public"]["Enums"]["candle_origin"]
          symbol: string
          timeframe: string
          timestamp: string
          updated_at?: string
          volume: number
        }
        Update: {
          close_price?: number
          high_price?: number
          instrument_key?: string
          low_price?: number
          open_interest?: number | null
          open_price?: number
          origin?: Database["public"]["Enums"]["candle_origin"]
          symbol?: string
          timeframe?: string
          timestamp?: string
          updated_at?: string
          volume?: number
        }
        Relationships: []
      }
      operator_policy: {
        Row: {
          approval_hours: number
          broker_check_minutes: number
          daily_loss_percent: number
          drift_basis_points: number
          drift_trades: number
          error_free_days: number
          id: boolean
          keep_idempotency_keys_days: number
          keep_job_runs_days: number
          keep_minute_candles_days: number
          keep_notifications_days: number
          keep_strategy_logs_days: number
          keep_strategy_metrics_days: number
          keep_trading_signals_days: number
          keep_user_events_days: number
          keep_worker_events_days: number
          losses_in_a_row: number
          max_configs_per_user: number
          max_symbols_per_user: number
          maximum_drawdown_percent: number
          maximum_open_trades: number
          maximum_risk_per_trade_percent: number
          minimum_days: number
          minimum_profitable_trades: number
          rejection_minutes: number
          rejections: number
          requests_per_minute: number
          stale_feed_demote_seconds: number
          stale_feed_entry_seconds: number
          updated_at: string
          validation_minutes: number
        }
        Insert: {
          approval_hours?: number
          broker_check_minutes?: number
          daily_loss_percent?: number
          drift_basis_points?: number
          drift_trades?: number
          error_free_days?: number
          id?: boolean
          keep_idempotency_keys_days?: number
          keep_job_runs_days?: number
          keep_minute_candles_days?: number
          keep_notifications_days?: number
          keep_strategy_logs_days?: number
          keep_strategy_metrics_days?: number
          keep_trading_signals_days?: number
          keep_user_events_days?: number
          keep_worker_events_days?: number
          losses_in_a_row?: number
          max_configs_per_user?: number
          max_symbols_per_user?: number
          maximum_drawdown_percent?: number
          maximum_open_trades?: number
          maximum_risk_per_trade_percent?: number
          minimum_days?: number
          minimum_profitable_trades?: number
          rejection_minutes?: number
          rejections?: number
          requests_per_minute?: number
          stale_feed_demote_seconds?: number
          stale_feed_entry_seconds?: number
          updated_at?: string
          validation_minutes?: number
        }
        Update: {
          approval_hours?: number
          broker_check_minutes?: number
          daily_loss_percent?: number
          drift_basis_points?: number
          drift_trades?: number
          error_free_days?: number
          id?: boolean
          keep_idempotency_keys_days?: number
          keep_job_runs_days?: number
          keep_minute_candles_days?: number
          keep_notifications_days?: number
          keep_strategy_logs_days?: number
          keep_strategy_metrics_days?: number
          keep_trading_signals_days?: number
          keep_user_events_days?: number
          keep_worker_events_days?: number
          losses_in_a_row?: number
          max_configs_per_user?: number
          max_symbols_per_user?: number
          maximum_drawdown_percent?: number
          maximum_open_trades?: number
          maximum_risk_per_trade_percent?: number
          minimum_days?: number
          minimum_profitable_trades?: number
          rejection_minutes?: number
          rejections?: number
          requests_per_minute?: number
          stale_feed_demote_seconds?: number
          stale_feed_entry_seconds?: number
          updated_at?: string
          validation_minutes?: number
        }
        Relationships: []
      }
      order_events: {
        Row: {
          average_price: number | null
          broker_order_id: string | null
          changed_at: string
          created_at: string
          filled_quantity: number
          order_id: string
          rejection_reason: string | null
          status: Database["public"]["Enums"]["order_status"]
          user_id: string
          version: number
        }
        Insert: {
          average_price?: number | null
          broker_order_id?: string | null
          changed_at: string
          created_at?: string
          filled_quantity: number
          order_id: string
          rejection_reason?: string | null
          status: Database["public"]["Enums"]["order_status"]
          user_id: string
          version: number
        }
        Update: {
          average_price?: number | null
          broker_order_id?: string | null
          changed_at?: string
          created_at?: string
          filled_quantity?: number
          order_id?: string
          rejection_reason?: string | null
          status?: Database["public"]["Enums"]["order_status"]
          user_id?: string
          version?: number
        }
        Relationships: [
          {
            foreignKeyName: "order_events_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
        ]
      }
      orders: {
        Row: {
          average_price: number | null
          broker_order_id: string | null
          changed_at: string
          code_digest: string | null
          correlation_id: string | null
          created_at: string
          exit_reason: Database["public"]["Enums"]["exit_reason"] | null
          filled_quantity: number
          id: string
          instrument_key: string
          limit_price: number | null
          order_type: Database["public"]["Enums"]["order_type"]
          placed_at: string
          portfolio_id: string
          purpose: Database["public"]["Enums"]["order_purpose"]
          quantity: number
          rejection_reason: string | null
          side: Database["public"]["Enums"]["order_side"]
          signal_id: string | null
          status: Database["public"]["Enums"]["order_status"]
          strategy_config_id: string
          strategy_id: string
          symbol: string
          trade_id: string | null
          trade_mode: Database["public"]["Enums"]["trade_mode"]
          trigger_price: number | null
          updated_at: string
          user_id: string
          version: number
        }
        Insert: {
          average_price?: number | null
          broker_order_id?: string | null
          changed_at: string
          code_digest?: string | null
          correlation_id?: string | null
          created_at?: string
          exit_reason?: Database["public"]["Enums"]["exit_reason"] | null
          filled_quantity?: number
          id: string
          instrument_key: string
          limit_price?: number | null
          order_type: Database["public"]["Enums"]["order_type"]
          placed_at: string
          portfolio_id: string
          purpose: Database["public"]["Enums"]["order_purpose"]
          quantity: number
          rejection_reason?: string | null
          side: Database["public"]["Enums"]["order_side"]
          signal_id?: string | null
          status: Database["public"]["Enums"]["order_status"]
          strategy_config_id: string
          strategy_id: string
          symbol: string
          trade_id?: string | null
          trade_mode?: Database["public"]["Enums"]["trade_mode"]
          trigger_price?: number | null
          updated_at?: string
          user_id: string
          version: number
        }
        Update: {
          average_price?: number | null
          broker_order_id?: string | null
          changed_at?: string
          code_digest?: string | null
          correlation_id?: string | null
          created_at?: string
          exit_reason?: Database["public"]["Enums"]["exit_reason"] | null
          filled_quantity?: number
          id?: string
          instrument_key?: string
          limit_price?: number | null
          order_type?: Database["public"]["Enums"]["order_type"]
          placed_at?: string
          portfolio_id?: string
          purpose?: Database["public"]["Enums"]["order_purpose"]
          quantity?: number
          rejection_reason?: string | null
          side?: Database["public"]["Enums"]["order_side"]
          signal_id?: string | null
          status?: Database["public"]["Enums"]["order_status"]
          strategy_config_id?: string
          strategy_id?: string
          symbol?: string
          trade_id?: string | null
          trade_mode?: Database["public"]["Enums"]["trade_mode"]
          trigger_price?: number | null
          updated_at?: string
          user_id?: string
          version?: number
        }
        Relationships: [
          {
            foreignKeyName: "orders_portfolio_id_user_id_fkey"
            columns: ["portfolio_id", "user_id"]
            isOneToOne: false
            referencedRelation: "portfolios"
            referencedColumns: ["id", "user_id"]
          },
          {
            foreignKeyName: "orders_signal_id_fkey"
            columns: ["signal_id"]
            isOneToOne: false
            referencedRelation: "trading_signals"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "orders_strategy_config_id_strategy_id_user_id_fkey"
            columns: ["strategy_config_id", "strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "strategy_id", "user_id"]
          },
        ]
      }
      orphaned_events: {
        Row: {
          event: NonNullable<Json>
          holder: string
          id: string
          kind: string
          market_time: string | null
          shard: string
          stored_at: string
          strategy_config_id: string | null
          token: number
          user_id: string | null
        }
        Insert: {
          event: NonNullable<Json>
          holder: string
          id: string
          kind: string
          market_time?: string | null
          shard: string
          stored_at?: string
          strategy_config_id?: string | null
          token: number
          user_id?: string | null
        }
        Update: {
          event?: NonNullable<Json>
          holder?: string
          id?: string
          kind?: string
          market_time?: string | null
          shard?: string
          stored_at?: string
          strategy_config_id?: string | null
          token?: number
          user_id?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "orphaned_events_strategy_config_id_user_id_fkey"
            columns: ["strategy_config_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      portfolios: {
        Row: {
          balance: number
          created_at: string
          currency: string
          daily_loss_limit_pct: number
          id: string
          initial_capital: number
          max_open_trades: number
          max_outlay_pct: number
          mode: Database["public"]["Enums"]["portfolio_mode"]
          name: string
          updated_at: string
          user_id: string
        }
        Insert: {
          balance?: number
          created_at?: string
          currency?: string
          daily_loss_limit_pct?: number
          id?: string
          initial_capital: number
          max_open_trades?: number
          max_outlay_pct?: number
          mode?: Database["public"]["Enums"]["portfolio_mode"]
          name: string
          updated_at?: string
          user_id?: string
        }
        Update: {
          balance?: number
          created_at?: string
          currency?: string
          daily_loss_limit_pct?: number
          id?: string
          initial_capital?: number
          max_open_trades?: number
          max_outlay_pct?: number
          mode?: Database["public"]["Enums"]["portfolio_mode"]
          name?: string
          updated_at?: string
          user_id?: string
        }
        Relationships: []
      }
      price_alerts: {
        Row: {
          created_at: string
          expires_at: string
          id: string
          instrument_key: string
          is_active: boolean
          note: string
          price: number
          side: Database["public"]["Enums"]["price_side"]
          symbol: string
          triggered_at: string | null
          triggered_price: number | null
          updated_at: string
          user_id: string
        }
        Insert: {
          created_at?: string
          expires_at?: string
          id?: string
          instrument_key: string
          is_active?: boolean
          note?: string
          price: number
          side: Database["public"]["Enums"]["price_side"]
          symbol: string
          triggered_at?: string | null
          triggered_price?: number | null
          updated_at?: string
          user_id?: string
        }
        Update: {
          created_at?: string
          expires_at?: string
          id?: string
          instrument_key?: string
          is_active?: boolean
          note?: string
          price?: number
          side?: Database["public"]["Enums"]["price_side"]
          symbol?: string
          triggered_at?: string | null
          triggered_price?: number | null
          updated_at?: string
          user_id?: string
        }
        Relationships: []
      }
      profiles: {
        Row: {
          created_at: string
          display_name: string
          id: string
          updated_at: string
        }
        Insert: {
          created_at?: string
          display_name: string
          id: string
          updated_at?: string
        }
        Update: {
          created_at?: string
          display_name?: string
          id?: string
          updated_at?: string
        }
        Relationships: []
      }
      quiet_hours: {
        Row: {
          ends: string
          starts: string
          updated_at: string
          user_id: string
        }
        Insert: {
          ends: string
          starts: string
          updated_at?: string
          user_id: string
        }
        Update: {
          ends?: string
          starts?: string
          updated_at?: string
          user_id?: string
        }
        Relationships: []
      }
      rate_limits: {
        Row: {
          minute: string
          requests: number
          user_id: string
        }
        Insert: {
          minute: string
          requests: number
          user_id: string
        }
        Update: {
          minute?: string
          requests?: number
          user_id?: string
        }
        Relationships: []
      }
      strategies: {
        Row: {
          archived_at: string | null
          asset_class: string
          capital_allocated: number
          config: NonNullable<Json>
          created_at: string
          description: string
          error_message: string | null
          id: string
          is_live_mode: boolean
          is_simulation_active: boolean
          last_run_at: string | null
          last_signal_at: string | null
          live_mode_enabled_at: string | null
          losing_trades: number
          max_positions: number
          name: string
          performance_metrics: NonNullable<Json>
          portfolio_id: string | null
          python_code: string | null
          risk_parameters: NonNullable<Json>
          status: Database["public"]["Enums"]["strategy_status"]
          strategy_type: string
          symbols: string[]
          timeframes: string[]
          total_pnl: number
          total_trades: number
          updated_at: string
          user_id: string
          win_rate: number | null
          winning_trades: number
        }
        Insert: {
          archived_at?: string | null
          asset_class?: string
          capital_allocated?: number
          config?: NonNullable<Json>
          created_at?: string
          description?: string
          error_message?: string | null
          id?: string
          is_live_mode?: boolean
          is_simulation_active?: boolean
          last_run_at?: string | null
          last_signal_at?: string | null
          live_mode_enabled_at?: string | null
          losing_trades?: number
          max_positions?: number
          name: string
          performance_metrics?: NonNullable<Json>
          portfolio_id?: string | null
          python_code?: string | null
          risk_parameters?: NonNullable<Json>
          status?: Database["public"]["Enums"]["strategy_status"]
          strategy_type: string
          symbols?: string[]
          timeframes?: string[]
          total_pnl?: number
          total_trades?: number
          updated_at?: string
          user_id?: string
          win_rate?: never
          winning_trades?: number
        }
        Update: {
          archived_at?: string | null
          asset_class?: string
          capital_allocated?: number
          config?: NonNullable<Json>
          created_at?: string
          description?: string
          error_message?: string | null
          id?: string
          is_live_mode?: boolean
          is_simulation_active?: boolean
          last_run_at?: string | null
          last_signal_at?: string | null
          live_mode_enabled_at?: string | null
          losing_trades?: number
          max_positions?: number
          name?: string
          performance_metrics?: NonNullable<Json>
          portfolio_id?: string | null
          python_code?: string | null
          risk_parameters?: NonNullable<Json>
          status?: Database["public"]["Enums"]["strategy_status"]
          strategy_type?: string
          symbols?: string[]
          timeframes?: string[]
          total_pnl?: number
          total_trades?: number
          updated_at?: string
          user_id?: string
          win_rate?: never
          winning_trades?: number
        }
        Relationships: [
          {
            foreignKeyName: "strategies_portfolio_id_user_id_fkey"
            columns: ["portfolio_id", "user_id"]
            isOneToOne: false
            referencedRelation: "portfolios"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      strategy_commands: {
        Row: {
          command: Database["public"]["Enums"]["strategy_command"]
          created_at: string
          error_message: string | null
          executed_at: string | null
          id: string
          parameters: NonNullable<Json>
          result: Json | null
          status: Database["public"]["Enums"]["command_status"]
          strategy_config_id: string
          user_id: string
        }
        Insert: {
          command: Database["public"]["Enums"]["strategy_command"]
          created_at?: string
          error_message?: string | null
          executed_at?: string | null
          id?: string
          parameters?: NonNullable<Json>
          result?: Json | null
          status?: Database["public"]["Enums"]["command_status"]
          strategy_config_id: string
          user_id?: string
        }
        Update: {
          command?: Database["public"]["Enums"]["strategy_command"]
          created_at?: string
          error_message?: string | null
          executed_at?: string | null
          id?: string
          parameters?: NonNullable<Json>
          result?: Json | null
          status?: Database["public"]["Enums"]["command_status"]
          strategy_config_id?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "strategy_commands_strategy_config_id_user_id_fkey"
            columns: ["strategy_config_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      strategy_configs: {
        Row: {
          auto_start: boolean
          class_name: string
          code_digest: string | null
          config_json: NonNullable<Json>
          created_at: string
          edited_at: string | null
          error_message: string | null
          id: string
          is_default: boolean
          module_path: string
          name: string
          pid: number | null
          portfolio_id: string | null
          runner: Database["public"]["Enums"]["config_runner"]
          shard: string
          shares_process: boolean
          started_at: string | null
          status: Database["public"]["Enums"]["config_status"]
          status_version: number
          stopped_at: string | null
          strategy_id: string
          trade_mode: Database["public"]["Enums"]["trade_mode"]
          updated_at: string
          user_id: string
        }
        Insert: {
          auto_start?: boolean
          class_name: string
          code_digest?: string | null
          config_json?: NonNullable<Json>
          created_at?: string
          edited_at?: string | null
          error_message?: string | null
          id?: string
          is_default?: boolean
          module_path: string
          name: string
          pid?: number | null
          portfolio_id?: string | null
          runner?: Database["public"]["Enums"]["config_runner"]
          shard?: string
          shares_process?: boolean
          started_at?: string | null
          status?: Database["public"]["Enums"]["config_status"]
          status_version?: number
          stopped_at?: string | null
          strategy_id: string
          trade_mode?: Database["public"]["Enums"]["trade_mode"]
          updated_at?: string
          user_id: string
        }
        Update: {
          auto_start?: boolean
          class_name?: string
          code_digest?: string | null
          config_json?: NonNullable<Json>
          created_at?: string
          edited_at?: string | null
          error_message?: string | null
          id?: string
          is_default?: boolean
          module_path?: string
          name?: string
          pid?: number | null
          portfolio_id?: string | null
          runner?: Database["public"]["Enums"]["config_runner"]
          shard?: string
          shares_process?: boolean
          started_at?: string | null
          status?: Database["public"]["Enums"]["config_status"]
          status_version?: number
          stopped_at?: string | null
          strategy_id?: string
          trade_mode?: Database["public"]["Enums"]["trade_mode"]
          updated_at?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "strategy_configs_portfolio_id_user_id_fkey"
            columns: ["portfolio_id", "user_id"]
            isOneToOne: false
            referencedRelation: "portfolios"
            referencedColumns: ["id", "user_id"]
          },
          {
            foreignKeyName: "strategy_configs_strategy_id_user_id_fkey"
            columns: ["strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategies"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      strategy_logs: {
        Row: {
          created_at: string
          data: NonNullable<Json>
          id: string
          level: Database["public"]["Enums"]["log_level"]
          logged_at: string
          message: string
          strategy_config_id: string
          strategy_id: string
          user_id: string
        }
        Insert: {
          created_at?: string
          data?: NonNullable<Json>
          id: string
          level: Database["public"]["Enums"]["log_level"]
          logged_at: string
          message: string
          strategy_config_id: string
          strategy_id: string
          user_id: string
        }
        Update: {
          created_at?: string
          data?: NonNullable<Json>
          id?: string
          level?: Database["public"]["Enums"]["log_level"]
          logged_at?: string
          message?: string
          strategy_config_id?: string
          strategy_id?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "strategy_logs_strategy_config_id_strategy_id_user_id_fkey"
            columns: ["strategy_config_id", "strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "strategy_id", "user_id"]
          },
        ]
      }
      strategy_metrics: {
        Row: {
          id: string
          metrics_json: NonNullable<Json>
          orders_count: number
          pnl: number
          positions_count: number
          strategy_config_id: string
          success_rate: number | null
          timestamp: string
          user_id: string
        }
        Insert: {
          id: string
          metrics_json?: NonNullable<Json>
          orders_count?: number
          pnl: number
          positions_count?: number
          strategy_config_id: string
          success_rate?: number | null
          timestamp: string
          user_id: string
        }
        Update: {
          id?: string
          metrics_json?: NonNullable<Json>
          orders_count?: number
          pnl?: number
          positions_count?: number
          strategy_config_id?: string
          success_rate?: number | null
          timestamp?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "strategy_metrics_strategy_config_id_user_id_fkey"
            columns: ["strategy_config_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      strategy_performance: {
        Row: {
          date: string
          expectancy: number | null
          live_equity: number | null
          live_pnl: number
          live_trades: number
          max_drawdown: number
          measured: Database["public"]["Enums"]["trade_mode"]
          payoff_ratio: number | null
          profit_factor: number | null
          sharpe_ratio: number | null
          strategy_id: string
          updated_at: string
          user_id: string
          virtual_equity: number
          virtual_pnl: number
          virtual_trades: number
          win_rate: number | null
        }
        Insert: {
          date: string
          expectancy?: number | null
          live_equity?: number | null
          live_pnl: number
          live_trades: number
          max_drawdown: number
          measured: Database["public"]["Enums"]["trade_mode"]
          payoff_ratio?: number | null
          profit_factor?: number | null
          sharpe_ratio?: number | null
          strategy_id: string
          updated_at?: string
          user_id: string
          virtual_equity: number
          virtual_pnl: number
          virtual_trades: number
          win_rate?: number | null
        }
        Update: {
          date?: string
          expectancy?: number | null
          live_equity?: number | null
          live_pnl?: number
          live_trades?: number
          max_drawdown?: number
          measured?: Database["public"]["Enums"]["trade_mode"]
          payoff_ratio?: number | null
          profit_factor?: number | null
          sharpe_ratio?: number | null
          strategy_id?: string
          updated_at?: string
          user_id?: string
          virtual_equity?: number
          virtual_pnl?: number
          virtual_trades?: number
          win_rate?: number | null
        }
        Relationships: [
          {
            foreignKeyName: "strategy_performance_strategy_id_user_id_fkey"
            columns: ["strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategies"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      trades: {
        Row: {
          charges: number
          closed_by: Database["public"]["Enums"]["closer"] | null
          code_digest: string | null
          created_at: string
          dhanhq_order_id: string | null
          entry_delta: number | null
          entry_price: number
          entry_time: string
          exit_price: number | null
          exit_reason: Database["public"]["Enums"]["exit_reason"] | null
          exit_time: string | null
          gross_pnl: number | null
          id: string
          instrument_key: string
          open_quantity: number
          pnl: number | null
          portfolio_id: string
          quantity: number
          side: Database["public"]["Enums"]["order_side"]
          signal_id: string | null
          status: Database["public"]["Enums"]["trade_status"]
          stop_loss: number | null
          stop_premium: number | null
          strategy_config_id: string
          strategy_id: string
          symbol: string
          target_premium: number | null
          target_price: number | null
          trade_mode: Database["public"]["Enums"]["trade_mode"]
          trade_type: Database["public"]["Enums"]["direction"]
          updated_at: string
          user_id: string
          version: number
        }
        Insert: {
          charges?: number
          closed_by?: Database["public"]["Enums"]["closer"] | null
          code_digest?: string | null
          created_at?: string
          dhanhq_order_id?: string | null
          entry_delta?: number | null
          entry_price: number
          entry_time: string
          exit_price?: number | null
          exit_reason?: Database["public"]["Enums"]["exit_reason"] | null
          exit_time?: string | null
          gross_pnl?: number | null
          id: string
          instrument_key: string
          open_quantity: number
          pnl?: number | null
          portfolio_id: string
          quantity: number
          side: Database["public"]["Enums"]["order_side"]
          signal_id?: string | null
          status: Database["public"]["Enums"]["trade_status"]
          stop_loss?: number | null
          stop_premium?: number | null
          strategy_config_id: string
          strategy_id: string
          symbol: string
          target_premium?: number | null
          target_price?: number | null
          trade_mode?: Database["public"]["Enums"]["trade_mode"]
          trade_type: Database["public"]["Enums"]["direction"]
          updated_at?: string
          user_id: string
          version: number
        }
        Update: {
          charges?: number
          closed_by?: Database["public"]["Enums"]["closer"] | null
          code_digest?: string | null
          created_at?: string
          dhanhq_order_id?: string | null
          entry_delta?: number | null
          entry_price?: number
          entry_time?: string
          exit_price?: number | null
          exit_reason?: Database["public"]["Enums"]["exit_reason"] | null
          exit_time?: string | null
          gross_pnl?: number | null
          id?: string
          instrument_key?: string
          open_quantity?: number
          pnl?: number | null
          portfolio_id?: string
          quantity?: number
          side?: Database["public"]["Enums"]["order_side"]
          signal_id?: string | null
          status?: Database["public"]["Enums"]["trade_status"]
          stop_loss?: number | null
          stop_premium?: number | null
          strategy_config_id?: string
          strategy_id?: string
          symbol?: string
          target_premium?: number | null
          target_price?: number | null
          trade_mode?: Database["public"]["Enums"]["trade_mode"]
          trade_type?: Database["public"]["Enums"]["direction"]
          updated_at?: string
          user_id?: string
          version?: number
        }
        Relationships: [
          {
            foreignKeyName: "trades_portfolio_id_user_id_fkey"
            columns: ["portfolio_id", "user_id"]
            isOneToOne: false
            referencedRelation: "portfolios"
            referencedColumns: ["id", "user_id"]
          },
          {
            foreignKeyName: "trades_signal_id_fkey"
            columns: ["signal_id"]
            isOneToOne: false
            referencedRelation: "trading_signals"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "trades_strategy_config_id_strategy_id_user_id_fkey"
            columns: ["strategy_config_id", "strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "strategy_id", "user_id"]
          },
          {
            foreignKeyName: "trades_strategy_id_user_id_fkey"
            columns: ["strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategies"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      trading_signals: {
        Row: {
          candle_time: string
          code_digest: string | null
          created_at: string
          executed: boolean
          execution_mode: Database["public"]["Enums"]["trade_mode"]
          generated_at: string
          id: string
          indicators: NonNullable<Json>
          instrument_key: string
          price: number
          reason: string
          refusal_reason: string | null
          refused_by: string | null
          signal_strength: number | null
          signal_type: Database["public"]["Enums"]["signal_type"]
          stop_loss: number | null
          strategy_config_id: string
          strategy_id: string
          symbol: string
          target_price: number | null
          user_id: string
        }
        Insert: {
          candle_time: string
          code_digest?: string | null
          created_at?: string
          executed: boolean
          execution_mode?: Database["public"]["Enums"]["trade_mode"]
          generated_at: string
          id: string
          indicators?: NonNullable<Json>
          instrument_key: string
          price: number
          reason: string
          refusal_reason?: string | null
          refused_by?: string | null
          signal_strength?: number | null
          signal_type: Database["public"]["Enums"]["signal_type"]
          stop_loss?: number | null
          strategy_config_id: string
          strategy_id: string
          symbol: string
          target_price?: number | null
          user_id: string
        }
        Update: {
          candle_time?: string
          code_digest?: string | null
          created_at?: string
          executed?: boolean
          execution_mode?: Database["public"]["Enums"]["trade_mode"]
          generated_at?: string
          id?: string
          indicators?: NonNullable<Json>
          instrument_key?: string
          price?: number
          reason?: string
          refusal_reason?: string | null
          refused_by?: string | null
          signal_strength?: number | null
          signal_type?: Database["public"]["Enums"]["signal_type"]
          stop_loss?: number | null
          strategy_config_id?: string
          strategy_id?: string
          symbol?: string
          target_price?: number | null
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "trading_signals_strategy_config_id_strategy_id_user_id_fkey"
            columns: ["strategy_config_id", "strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "strategy_id", "user_id"]
          },
        ]
      }
      user_event_counters: {
        Row: {
          last_sequence: number
          user_id: string
        }
        Insert: {
          last_sequence?: number
          user_id: string
        }
        Update: {
          last_sequence?: number
          user_id?: string
        }
        Relationships: []
      }
      user_events: {
        Row: {
          created_at: string
          entity: string
          entity_id: string
          kind: string
          row: NonNullable<Json>
          sequence: number
          user_id: string
        }
        Insert: {
          created_at?: string
          entity: string
          entity_id: string
          kind: string
          row: NonNullable<Json>
          sequence: number
          user_id: string
        }
        Update: {
          created_at?: string
          entity?: string
          entity_id?: string
          kind?: string
          row?: NonNullable<Json>
          sequence?: number
          user_id?: string
        }
        Relationships: []
      }
      worker_events: {
        Row: {
          applied_at: string
          id: string
          kind: string
          shard: string
        }
        Insert: {
          applied_at?: string
          id: string
          kind: string
          shard: string
        }
        Update: {
          applied_at?: string
          id?: string
          kind?: string
          shard?: string
        }
        Relationships: []
      }
      worker_heartbeats: {
        Row: {
          beat_at: string
          cpu_percent: number | null
          feed_age_seconds: number | null
          figures: NonNullable<Json>
          holder: string
          market_time: string | null
          memory_bytes: number | null
          pid: number | null
          process: string
          shard: string
          started_at: string | null
          status: string | null
          strategy_config_id: string | null
          user_id: string | null
        }
        Insert: {
          beat_at?: string
          cpu_percent?: number | null
          feed_age_seconds?: number | null
          figures?: NonNullable<Json>
          holder: string
          market_time?: string | null
          memory_bytes?: number | null
          pid?: number | null
          process: string
          shard: string
          started_at?: string | null
          status?: string | null
          strategy_config_id?: string | null
          user_id?: string | null
        }
        Update: {
          beat_at?: string
          cpu_percent?: number | null
          feed_age_seconds?: number | null
          figures?: NonNullable<Json>
          holder?: string
          market_time?: string | null
          memory_bytes?: number | null
          pid?: number | null
          process?: string
          shard?: string
          started_at?: string | null
          status?: string | null
          strategy_config_id?: string | null
          user_id?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "worker_heartbeats_strategy_config_id_user_id_fkey"
            columns: ["strategy_config_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      worker_journals: {
        Row: {
          journal: string
          sequence: number
          shard: string
          stored_at: string
        }
        Insert: {
          journal: string
          sequence: number
          shard: string
          stored_at?: string
        }
        Update: {
          journal?: string
          sequence?: number
          shard?: string
          stored_at?: string
        }
        Relationships: []
      }
      worker_leases: {
        Row: {
          acquired_at: string
          expires_at: string
          holder: string | null
          last_holder: string
          renewed_at: string
          shard: string
          standby: boolean
          tenure: number
          token: number
        }
        Insert: {
          acquired_at: string
          expires_at: string
          holder?: string | null
          last_holder: string
          renewed_at: string
          shard: string
          standby?: boolean
          tenure: number
          token: number
        }
        Update: {
          acquired_at?: string
          expires_at?: string
          holder?: string | null
          last_holder?: string
          renewed_at?: string
          shard?: string
          standby?: boolean
          tenure?: number
          token?: number
        }
        Relationships: []
      }
    }
    Views: {
      market_data: {
        Row: {
          close: number | null
          high: number | null
          instrument_key: string | null
          low: number | null
          open: number | null
          open_interest: number | null
          origin: Database["public"]["Enums"]["candle_origin"] | null
          symbol: string | null
          timeframe: string | null
          timestamp: string | null
          volume: number | null
        }
        Insert: {
          close?: number | null
          high?: number | null
          instrument_key?: string | null
          low?: number | null
          open?: number | null
          open_interest?: number | null
          origin?: Database["public"]["Enums"]["candle_origin"] | null
          symbol?: string | null
          timeframe?: string | null
          timestamp?: string | null
          volume?: number | null
        }
        Update: {
          close?: number | null
          high?: number | null
          instrument_key?: string | null
          low?: number | null
          open?: number | null
          open_interest?: number | null
          origin?: Database["public"]["Enums"]["candle_origin"] | null
          symbol?: string | null
          timeframe?: string | null
          timestamp?: string | null
          volume?: number | null
        }
        Relationships: []
      }
      positions: {
        Row: {
          entry_price: number | null
          entry_time: string | null
          instrument_key: string | null
          last_price: number | null
          last_price_at: string | null
          portfolio_id: string | null
          quantity: number | null
          side: Database["public"]["Enums"]["order_side"] | null
          stop_loss: number | null
          stop_premium: number | null
          strategy_config_id: string | null
          strategy_id: string | null
          symbol: string | null
          target_premium: number | null
          target_price: number | null
          trade_id: string | null
          trade_mode: Database["public"]["Enums"]["trade_mode"] | null
          trade_type: Database["public"]["Enums"]["direction"] | null
          unrealised_pnl: number | null
          user_id: string | null
        }
        Relationships: [
          {
            foreignKeyName: "trades_portfolio_id_user_id_fkey"
            columns: ["portfolio_id", "user_id"]
            isOneToOne: false
            referencedRelation: "portfolios"
            referencedColumns: ["id", "user_id"]
          },
          {
            foreignKeyName: "trades_strategy_config_id_strategy_id_user_id_fkey"
            columns: ["strategy_config_id", "strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategy_configs"
            referencedColumns: ["id", "strategy_id", "user_id"]
          },
          {
            foreignKeyName: "trades_strategy_id_user_id_fkey"
            columns: ["strategy_id", "user_id"]
            isOneToOne: false
            referencedRelation: "strategies"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
    }
    Functions: {
      allowed_commands: {
        Args: { p_status: Database["public"]["Enums"]["config_status"] }
        Returns: Database["public"]["Enums"]["strategy_command"][]
      }
      analyse_strategy: {
        Args: { p_sessions?: string[]; p_strategy_id: string }
        Returns: Json
      }
      archive_strategy: { Args: { p_strategy_id: string }; Returns: Json }
      available_strategies: {
        Args: Record<PropertyKey, never>
        Returns: {
          active_configs: number
          asset_class: string
          capital_allocated: string
          configs: number
          created_at: string
          description: string
          id: string
          is_live_mode: boolean
          is_simulation_active: boolean
          max_positions: number
          name: string
          portfolio_id: string
          status: Database["public"]["Enums"]["strategy_status"]
          strategy_type: string
          symbols: string[]
          timeframes: string[]
          total_pnl: string
          total_trades: number
          win_rate: string
        }[]
      }
      begin_request: {
        Args: { p_digest?: string; p_key?: string; p_route?: string }
        Returns: Json
      }
      candles_of: { Args: { p_until: string; p_wanted: Json }; Returns: Json }
      choose_runner: {
        Args: {
          p_config_id: string
          p_runner: Database["public"]["Enums"]["config_runner"]
        }
        Returns: Json
      }
      claim_flattening: {
        Args: {
          p_flattening_id: string
          p_holder: string
          p_lease_seconds?: number
        }
        Returns: Json
      }
      claim_job: {
        Args: {
          p_attempts?: number
          p_job: string
          p_lease_seconds?: number
          p_slot: string
        }
        Returns: Json
      }
      close_lost_job_runs: { Args: Record<PropertyKey, never>; Returns: number }
      config_details: {
        Args: { p_config_id: string }
        Returns: {
          allowed_commands: Database["public"]["Enums"]["strategy_command"][]
          auto_start: boolean
          class_name: string
          code_digest: string
          commands: Json
          config_json: Json
          created_at: string
          error_message: string
          id: string
          is_default: boolean
          metrics: Json
          module_path: string
          name: string
          pid: number
          portfolio: Json
          runner: Database["public"]["Enums"]["config_runner"]
          started_at: string
          status: Database["public"]["Enums"]["config_status"]
          stopped_at: string
          strategy: Json
          strategy_id: string
          trade_mode: Database["public"]["Enums"]["trade_mode"]
          updated_at: string
        }[]
      }
      config_metrics: {
        Args: { p_config_id: string; p_hours?: number }
        Returns: {
          metrics_json: Json
          orders_count: number
          pnl: string
          positions_count: number
          success_rate: string
          timestamp: string
        }[]
      }
      connect_broker_account: {
        Args: {
          p_broker: Database["public"]["Enums"]["broker"]
          p_client_id: string
          p_sealed: Json
          p_token_expires_at: string
          p_token_last_four: string
          p_user_id: string
        }
        Returns: string
      }
      create_candle_leaves: {
        Args: Record<PropertyKey, never>
        Returns: string[]
      }
      create_config_from_strategy: {
        Args: {
          p_auto_start?: boolean
          p_name: string
          p_overrides?: Json
          p_portfolio_id?: string
          p_runner?: Database["public"]["Enums"]["config_runner"]
          p_strategy_id: string
        }
        Returns: Json
      }
      create_strategy: {
        Args: {
          p_asset_class?: string
          p_auto_start?: boolean
          p_capital_allocated?: number
          p_class_name?: string
          p_config?: Json
          p_description?: string
          p_max_positions?: number
          p_module_path?: string
          p_name: string
          p_portfolio_id?: string
          p_python_code?: string
          p_risk_parameters?: Json
          p_runner?: Database["public"]["Enums"]["config_runner"]
          p_strategy_type: string
          p_symbols?: string[]
          p_timeframes?: string[]
        }
        Returns: Json
      }
      create_strategy_config: {
        Args: {
          p_auto_start?: boolean
          p_config_json: Json
          p_name: string
          p_portfolio_id?: string
          p_runner?: Database["public"]["Enums"]["config_runner"]
          p_strategy_id: string
        }
        Returns: Json
      }
      delete_expired_rows: {
        Args: { p_limit?: number; p_table: string }
        Returns: number
      }
      disable_live_mode: {
        Args: {
          p_config_id?: string
          p_keep_positions?: boolean
          p_strategy_id: string
        }
        Returns: Json
      }
      disconnect_broker_account: {
        Args: { p_broker_account_id: string }
        Returns: boolean
      }
      dismiss_notifications: { Args: { p_ids: string[] }; Returns: number }
      dry_run_material: {
        Args: { p_count?: number; p_strategy_id: string }
        Returns: Json
      }
      due_code_configs: { Args: Record<PropertyKey, never>; Returns: Json }
      emergency_orders: { Args: { p_shard: string }; Returns: Json }
      emergency_stop_everybody: { Args: { p_reason?: string }; Returns: Json }
      enable_live_mode: {
        Args: {
          p_config_id?: string
          p_confirm?: boolean
          p_strategy_id: string
        }
        Returns: Json
      }
      end_request: {
        Args: {
          p_answer?: string
          p_claim: string
          p_key: string
          p_status?: number
        }
        Returns: boolean
      }
      eod_exit_without_worker: { Args: { p_exits: Json }; Returns: Json }
      expire_live_approvals: {
        Args: Record<PropertyKey, never>
        Returns: number
      }
      expire_price_alerts: { Args: { p_limit?: number }; Returns: number }
      feed_figures: { Args: Record<PropertyKey, never>; Returns: Json }
      find_instrument: { Args: { p_symbol: string }; Returns: Json }
      finish_flattening: {
        Args: {
          p_flattening_id: string
          p_message: string
          p_outcome: string
          p_token: string
          p_verification: Json
        }
        Returns: boolean
      }
      finish_job: {
        Args: {
          p_detail?: Json
          p_job: string
          p_ok: boolean
          p_slot: string
          p_token: string
        }
        Returns: boolean
      }
      flattening_states: {
        Args: { p_flattening_ids: string[] }
        Returns: {
          claimed_by: string
          finished_at: string
          id: string
          outcome: string
          requested_at: string
          status: Database["public"]["Enums"]["flattening_status"]
          user_id: string
          worker_alive: boolean
        }[]
      }
      health: { Args: Record<PropertyKey, never>; Returns: Json }
      indicator_config: {
        Args: { p_config_id?: string; p_strategy_id: string }
        Returns: Json
      }
      last_commands: {
        Args: { p_config_id: string; p_limit?: number }
        Returns: Json
      }
      last_metrics: {
        Args: { p_config_id: string; p_limit?: number }
        Returns: Json
      }
      lift_emergency_stop: {
        Args: { p_reason: string; p_stop_id: string }
        Returns: Json
      }
      list_configs: {
        Args: {
          p_cursor?: string
          p_limit?: number
          p_status?: Database["public"]["Enums"]["config_status"]
        }
        Returns: {
          allowed_commands: Database["public"]["Enums"]["strategy_command"][]
          auto_start: boolean
          commands: Json
          created_at: string
          error_message: string
          id: string
          is_default: boolean
          metric: Json
          name: string
          portfolio_id: string
          runner: Database["public"]["Enums"]["config_runner"]
          started_at: string
          status: Database["public"]["Enums"]["config_status"]
          stopped_at: string
          strategy: Json
          strategy_id: string
          trade_mode: Database["public"]["Enums"]["trade_mode"]
          updated_at: string
        }[]
      }
      live_status: {
        Args: { p_config_id: string }
        Returns: {
          allowed_commands: Database["public"]["Enums"]["strategy_command"][]
          commands: Json
          cpu_percent: number
          error_message: string
          feed_age_seconds: number
          heartbeat_age_seconds: number
          id: string
          market_time: string
          memory_bytes: number
          metrics: Json
          name: string
          open_trades: number
          pid: number
          runner: Database["public"]["Enums"]["config_runner"]
          started_at: string
          status: Database["public"]["Enums"]["config_status"]
          strategy_id: string
          trade_mode: Database["public"]["Enums"]["trade_mode"]
        }[]
      }
      live_trading_status: { Args: Record<PropertyKey, never>; Returns: Json }
      mark_notifications_read: { Args: { p_ids?: string[] }; Returns: number }
      market_day: { Args: { p_at?: string }; Returns: string }
      market_day_start: { Args: { p_day?: string }; Returns: string }
      market_now: { Args: Record<PropertyKey, never>; Returns: string }
      notification_preferences: {
        Args: Record<PropertyKey, never>
        Returns: {
          channel: Database["public"]["Enums"]["notification_channel"]
          is_critical: boolean
          kind: Database["public"]["Enums"]["notification_kind"]
          preference: Database["public"]["Enums"]["notification_preference"]
        }[]
      }
      notify_of_ending_tokens: { Args: { p_hours?: number }; Returns: number }
      notify_of_silent_workers: {
        Args: { p_seconds?: number }
        Returns: number
      }
      open_paper_trades: {
        Args: Record<PropertyKey, never>
        Returns: {
          charges: string
          entry_price: string
          entry_time: string
          instrument_key: string
          instrument_kind: string
          last_price: string
          last_price_at: string
          open_quantity: number
          portfolio_id: string
          segment: string
          settings: Json
          side: Database["public"]["Enums"]["order_side"]
          strategy_config_id: string
          strategy_id: string
          strategy_type: string
          symbol: string
          trade_id: string
          trade_type: Database["public"]["Enums"]["direction"]
          user_id: string
          worker_alive: boolean
        }[]
      }
      pnl_by_day: {
        Args: { p_from?: string; p_strategy_id?: string; p_to?: string }
        Returns: {
          date: string
          live_pnl: string
          live_total: string
          live_trades: number
          virtual_pnl: string
          virtual_total: string
          virtual_trades: number
        }[]
      }
      pnl_by_trade: {
        Args: { p_day?: string; p_strategy_id?: string }
        Returns: {
          exit_time: string
          live_total: string
          pnl: string
          strategy_config_id: string
          strategy_id: string
          symbol: string
          trade_id: string
          trade_mode: Database["public"]["Enums"]["trade_mode"]
          virtual_total: string
        }[]
      }
      record_broker_check: {
        Args: {
          p_broker_account_id: string
          p_detail: string
          p_static_ip_allowed: boolean
          p_token_valid: boolean
          p_user_id: string
        }
        Returns: string
      }
      resolve_incident: { Args: { p_incident_id: string }; Returns: boolean }
      schema_version: { Args: Record<PropertyKey, never>; Returns: number }
      set_alert_template: {
        Args: {
          p_body: string
          p_channel: Database["public"]["Enums"]["notification_channel"]
          p_kind: Database["public"]["Enums"]["notification_kind"]
          p_title: string
        }
        Returns: {
          body: string
          channel: Database["public"]["Enums"]["notification_channel"]
          kind: Database["public"]["Enums"]["notification_kind"] | null
          title: string
          updated_at: string
        }
        SetofOptions: {
          from: "*"
          to: "alert_templates"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      set_notification_preference: {
        Args: {
          p_channel: Database["public"]["Enums"]["notification_channel"]
          p_kind: Database["public"]["Enums"]["notification_kind"]
          p_preference: Database["public"]["Enums"]["notification_preference"]
        }
        Returns: {
          channel: Database["public"]["Enums"]["notification_channel"]
          kind: Database["public"]["Enums"]["notification_kind"]
          preference: Database["public"]["Enums"]["notification_preference"]
          updated_at: string
          user_id: string
        }
        SetofOptions: {
          from: "*"
          to: "notification_settings"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      set_quiet_hours: {
        Args: { p_ends?: string; p_starts?: string }
        Returns: {
          ends: string
          starts: string
          updated_at: string
          user_id: string
        }
        SetofOptions: {
          from: "*"
          to: "quiet_hours"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      store_audit_seals: { Args: { p_seals: Json }; Returns: number }
      store_candles: {
        Args: {
          p_candles: Json
          p_instrument_key: string
          p_symbol: string
          p_timeframe: string
        }
        Returns: Json
      }
      stored_candles: {
        Args: { p_until: string; p_wanted: Json }
        Returns: Json
      }
      strategies_to_analyse: {
        Args: { p_after?: string; p_limit?: number; p_sessions: string[] }
        Returns: {
          strategy_id: string
        }[]
      }
      strategies_today: {
        Args: Record<PropertyKey, never>
        Returns: {
          live_pnl: string
          live_trades: number
          name: string
          open_trades: number
          status: Database["public"]["Enums"]["strategy_status"]
          strategy_id: string
          virtual_pnl: string
          virtual_trades: number
        }[]
      }
      system_overview: {
        Args: Record<PropertyKey, never>
        Returns: {
          active_configs: Json
          configs_by_status: Json
          live_pnl_today: string
          live_pnl_total: string
          market_date: string
          market_time: string
          open_positions: number
          open_trades: number
          orders_today: number
          pnl_today: string
          pnl_total: string
          recent_commands: Json
          simulated: boolean
          strategies_by_status: Json
          trades_today: number
          unrealised_pnl: string
          virtual_pnl_today: string
          virtual_pnl_total: string
        }[]
      }
      toggle_strategy: {
        Args: { p_active: boolean; p_config_id?: string; p_strategy_id: string }
        Returns: Json
      }
      trigger_emergency_stop: { Args: { p_reason?: string }; Returns: Json }
      unsealed_audit_rows: { Args: { p_limit?: number }; Returns: Json }
      update_operator_policy: {
        Args: { p_changes: Json }
        Returns: {
          approval_hours: number
          broker_check_minutes: number
          daily_loss_percent: number
          drift_basis_points: number
          drift_trades: number
          error_free_days: number
          id: boolean
          keep_idempotency_keys_days: number
          keep_job_runs_days: number
          keep_minute_candles_days: number
          keep_notifications_days: number
          keep_strategy_logs_days: number
          keep_strategy_metrics_days: number
          keep_trading_signals_days: number
          keep_user_events_days: number
          keep_worker_events_days: number
          losses_in_a_row: number
          max_configs_per_user: number
          max_symbols_per_user: number
          maximum_drawdown_percent: number
          maximum_open_trades: number
          maximum_risk_per_trade_percent: number
          minimum_days: number
          minimum_profitable_trades: number
          rejection_minutes: number
          rejections: number
          requests_per_minute: number
          stale_feed_demote_seconds: number
          stale_feed_entry_seconds: number
          updated_at: string
          validation_minutes: number
        }
        SetofOptions: {
          from: "*"
          to: "operator_policy"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      update_strategy: {
        Args: { p_changes: Json; p_config_id?: string; p_strategy_id: string }
        Returns: Json
      }
      validate_live_mode: {
        Args: { p_config_id?: string; p_strategy_id: string }
        Returns: Json
      }
      worker_acquire_lease: {
        Args: {
          p_holder: string
          p_shard: string
          p_standby?: boolean
          p_ttl_seconds: number
        }
        Returns: Json
      }
      worker_database: { Args: Record<PropertyKey, never>; Returns: Json }
      worker_free_lease: { Args: { p_shard: string }; Returns: string }
      worker_release_lease: {
        Args: { p_holder: string; p_shard: string; p_token: number }
        Returns: boolean
      }
      worker_renew_lease: {
        Args: {
          p_holder: string
          p_shard: string
          p_token: number
          p_ttl_seconds: number
        }
        Returns: Json
      }
      worker_write: {
        Args: {
          p_events: Json
          p_holder: string
          p_journal?: Json
          p_shard: string
          p_token: number
        }
        Returns: Json
      }
      worker_write_orphans: {
        Args: {
          p_events: Json
          p_holder: string
          p_shard: string
          p_token: number
        }
        Returns: number
      }
      write_code_runs: { Args: { p_runs: Json }; Returns: Json }
    }
    Enums: {
      audit_actor: "user" | "worker" | "function" | "operator"
      broker: "dhan"
      candle_origin: "live" | "backfilled" | "revised"
      clock_source: "WALL" | "FEED"
      closer: "worker" | "database"
      command_status: "PENDING" | "EXECUTED" | "FAILED"
      config_runner: "worker" | "cron"
      config_status: "ACTIVE" | "STOPPED" | "ERROR" | "PAUSED"
      delivery_status: "pending" | "sending" | "sent" | "dead"
      direction: "LONG" | "SHORT"
      exit_reason:
        | "TARGET"
        | "STOP_LOSS"
        | "TRAILING_STOP"
        | "EOD"
        | "EXPIRY"
        | "VOLUME_CLIMAX"
        | "OBV_DIVERGENCE"
        | "VOLUME_FADE"
        | "VOLUME_DRY_UP"
        | "SIGNAL"
        | "MANUAL"
        | "STRATEGY_STOPPED"
        | "CIRCUIT_BREAKER"
        | "EMERGENCY_STOP"
        | "SETTLEMENT"
      flattening_status: "pending" | "running" | "flat" | "failed"
      job_status: "running" | "ok" | "failed"
      ledger_kind: "DEPOSIT" | "WITHDRAWAL" | "FILL" | "CHARGES" | "ADJUSTMENT"
      log_level: "debug" | "info" | "signal" | "trade" | "warning" | "error"
      notification_channel:
        | "in_app"
        | "email"
        | "sms"
        | "push"
        | "telegram"
        | "webhook"
      notification_kind:
        | "order_rejected"
        | "strategy_error"
        | "circuit_breaker"
        | "live_mode_changed"
        | "emergency_stop"
        | "token_expiring"
        | "worker_down"
        | "trade_opened"
        | "trade_closed"
        | "signal"
        | "price_alert"
        | "system_info"
      notification_preference: "on" | "silent" | "off"
      order_purpose: "ENTRY" | "EXIT"
      order_side: "BUY" | "SELL"
      order_status:
        | "TRANSIT"
        | "PENDING"
        | "PART_TRADED"
        | "TRADED"
        | "CANCELLED"
        | "REJECTED"
        | "EXPIRED"
        | "UNKNOWN"
      order_type: "MARKET" | "LIMIT" | "STOP_LOSS" | "STOP_LOSS_MARKET"
      portfolio_mode: "paper" | "live"
      price_side: "ABOVE" | "BELOW"
      signal_type: "LONG" | "SHORT" | "EXIT"
      strategy_command:
        | "START"
        | "STOP"
        | "RESTART"
        | "PAUSE"
        | "RESUME"
        | "UPDATE_CONFIG"
      strategy_status:
        | "draft"
        | "running"
        | "paused"
        | "error"
        | "stopped"
        | "archived"
      trade_mode: "VIRTUAL" | "LIVE"
      trade_status: "OPEN" | "CLOSED"
      validation_status: "PASSED" | "FAILED"
    }
    CompositeTypes: {
      [_ in never]: never
    }
  }
}

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] &
        DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] &
        DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R
      }
      ? R
      : never
    : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I
      }
      ? I
      : never
    : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U
      }
      ? U
      : never
    : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends (DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never) = never,
> = DefaultSchemaEnumNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends (PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never) = never,
> = PublicCompositeTypeNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never

export const Constants = {
  public: {
    Enums: {
      audit_actor: ["user", "worker", "function", "operator"],
      broker: ["dhan"],
      candle_origin: ["live", "backfilled", "revised"],
      clock_source: ["WALL", "FEED"],
      closer: ["worker", "database"],
      command_status: ["PENDING", "EXECUTED", "FAILED"],
      config_runner: ["worker", "cron"],
      config_status: ["ACTIVE", "STOPPED", "ERROR", "PAUSED"],
      delivery_status: ["pending", "sending", "sent", "dead"],
      direction: ["LONG", "SHORT"],
      exit_reason: [
        "TARGET",
        "STOP_LOSS",
        "TRAILING_STOP",
        "EOD",
        "EXPIRY",
        "VOLUME_CLIMAX",
        "OBV_DIVERGENCE",
        "VOLUME_FADE",
        "VOLUME_DRY_UP",
        "SIGNAL",
        "MANUAL",
        "STRATEGY_STOPPED",
        "CIRCUIT_BREAKER",
        "EMERGENCY_STOP",
        "SETTLEMENT",
      ],
      flattening_status: ["pending", "running", "flat", "failed"],
      job_status: ["running", "ok", "failed"],
      ledger_kind: ["DEPOSIT", "WITHDRAWAL", "FILL", "CHARGES", "ADJUSTMENT"],
      log_level: ["debug", "info", "signal", "trade", "warning", "error"],
      notification_channel: [
        "in_app",
        "email",
        "sms",
        "push",
        "telegram",
        "webhook",
      ],
      notification_kind: [
        "order_rejected",
        "strategy_error",
        "circuit_breaker",
        "live_mode_changed",
        "emergency_stop",
        "token_expiring",
        "worker_down",
        "trade_opened",
        "trade_closed",
        "signal",
        "price_alert",
        "system_info",
      ],
      notification_preference: ["on", "silent", "off"],
      order_purpose: ["ENTRY", "EXIT"],
      order_side: ["BUY", "SELL"],
      order_status: [
        "TRANSIT",
        "PENDING",
        "PART_TRADED",
        "TRADED",
        "CANCELLED",
        "REJECTED",
        "EXPIRED",
        "UNKNOWN",
      ],
      order_type: ["MARKET", "LIMIT", "STOP_LOSS", "STOP_LOSS_MARKET"],
      portfolio_mode: ["paper", "live"],
      price_side: ["ABOVE", "BELOW"],
      signal_type: ["LONG", "SHORT", "EXIT"],
      strategy_command: [
        "START",
        "STOP",
        "RESTART",
        "PAUSE",
        "RESUME",
        "UPDATE_CONFIG",
      ],
      strategy_status: [
        "draft",
        "running",
        "paused",
        "error",
        "stopped",
        "archived",
      ],
      trade_mode: ["VIRTUAL", "LIVE"],
      trade_status: ["OPEN", "CLOSED"],
      validation_status: ["PASSED", "FAILED"],
    },
  },
} as const
