-- Every run that wrote to the lake, from the journal: what it was asked to do, what became of it, and what it moved.
--
-- grain:            one row per run
-- time:             started_at
-- run               varchar      id of the run, sortable by its start
-- command           varchar      the command that ran
-- started_at        timestamptz  when it began, UTC
-- finished_at       timestamptz  when it ended, UTC; null when the journal does not tell
-- outcome           varchar      done; partly: some of it failed; failed: it broke off; open: still running, or killed
-- exit_code         integer      0 done, 7 partly done; null when it did not end by itself
-- requests          bigint       HTTP requests sent
-- planned           bigint       spans planned
-- landed            bigint       of these, answered with readings
-- empty             bigint       answered without any
-- coarser           bigint       answered coarser than asked
-- failed            bigint       failed
-- quarantined       bigint       answered against the contract
-- readings          bigint       readings in the answers
-- measured          bigint       of these, with at least one value
-- channels          bigint       channels asked
-- silent_channels   bigint       channels that answered nothing but nulls
-- failures          bigint       reasons for failure, one per channel and reason
-- warnings          bigint       warnings
-- partitions        bigint       data files written
-- rows_written      bigint       rows in them
-- bytes_written     bigint       bytes of them
-- error_code        varchar      code of the error that broke it off
-- error_message     varchar      its text
with opened as (
    select run, command, time as started_at,
    from run_journal
    where event = 'run_started'
),

closed as (
    select *
    from run_journal
    where event <> 'run_started'
),

final as (
    select
        opened.run,
        opened.command,
        opened.started_at,
        closed.time as finished_at,
        case
            when closed.run is null then 'open'
            when closed.event = 'run_failed' then 'failed'
            when closed.exit = 0 then 'done'
            else 'partly'
        end as outcome,
        closed.exit as exit_code,
        closed.requests,
        closed.planned,
        closed.landed,
        closed.empty,
        closed.coarser,
        closed.failed,
        closed.quarantined,
        closed.readings,
        closed.measured,
        closed.channels,
        closed.silent_channels,
        closed.failures,
        closed.warnings,
        closed.partitions,
        closed.rows as rows_written,
        closed.bytes as bytes_written,
        closed.code as error_code,
        closed.message as error_message,
    from opened
    left join closed
        on opened.run = closed.run
)

select * from final
