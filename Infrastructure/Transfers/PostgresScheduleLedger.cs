using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>Schedules and templates of transfers in PostgreSQL. Every statement may be repeated.</summary>
internal sealed partial class PostgresScheduleLedger(LedgerCalls calls, Incarnation incarnation) : IScheduleLedger, IArrivalLedger
{
    private const string Columns = """
        s.id, s.tenant, s.subject, s.scopes, s.api_key, s.title, s.draft::text, s.cron, s.once_at, s.zone, s.enabled, s.next_at, s.last_at,
        s.last_result, s.last_reason, s.last_transfer, s.runs, s.skipped, s.made_at, s.folder, s.own, s.others,
        (select t.state from transfers t where t.id = s.last_transfer) as last_state,
        (select coalesce(json_agg(r order by r.number desc), '[]')::text from (
             select o.number, o.at, o.result, o.reason, o.transfer,
                    (select t.state from transfers t where t.id = o.transfer) as state
             from schedule_runs o where o.schedule = s.id order by o.number desc limit 14) r) as last_runs
        """;

    private const string Set = $"""
        select c.result from (
            select set_schedule(jsonb_populate_record(null::transfer_schedules, @Schedule::jsonb), @Most, @MostOfFolder) as result offset 0
        ) c
        cross join lateral (select case when c.result = 'set' then ({ActParameters.Noted})::text end as noted offset 0) n
        where n.noted is not null or true
        """;

    private const string Find =
        $"select {Columns} from transfer_schedules s where s.id = @Id and s.tenant = @Tenant and s.subject = @Subject";

    private const string Get = $"select {Columns} from transfer_schedules s where s.id = @Id";

    private const string List =
        $"select {Columns} from transfer_schedules s where s.tenant = @Tenant and s.subject = @Subject order by s.title, s.id";

    private const string Remove = $"""
        with gone as (select id from transfer_schedules where id = @Id and tenant = @Tenant and subject = @Subject for update)
        select {ActParameters.Noted}, remove_schedules(array[id]) from gone
        """;

    private const string Ran =
        "select run_schedule(@Incarnation, @Work, @Epoch, @Id, @Due, @Result, @Reason, @Transfer, @Next)";

    private const string RanByHand = """
        with ran as (select id from transfer_schedules where id = @Id and last_transfer is distinct from @Transfer for no key update)
        select note_run(id, 'begun', null, @Transfer) from ran
        """;

    private const string AddTemplate = $"""
        with added as (
            insert into transfer_templates (id, tenant, subject, title, draft)
            select @Id, @Tenant, @Subject, @Title, @Draft::jsonb
            where (select count(*) from transfer_templates o where o.tenant = @Tenant and o.subject = @Subject and o.id <> @Id) < @Most
            on conflict do nothing returning id
        ), noted as (select {ActParameters.Noted} from added)
        select exists (select from noted) or exists (select from transfer_templates o where o.id = @Id)
        """;

    private const string Templates = """
        select id, tenant, subject, title, draft::text, made_at from transfer_templates
        where tenant = @Tenant and subject = @Subject and (@Id::uuid is null or id = @Id) order by title, id
        """;

    private const string RemoveTemplate = $"""
        with gone as (delete from transfer_templates where id = @Id and tenant = @Tenant and subject = @Subject returning id)
        select {ActParameters.Noted} from gone
        """;

    public Task<ScheduleSet> SetAsync(
        TransferSchedule schedule, string act, int most, int mostOfFolder, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => Words.Parse<ScheduleSet>((await connection.ExecuteScalarAsync<string>(Command(
            Set,
            ActParameters.Of(
                new
                {
                    Schedule = JsonSerializer.Serialize(new
                    {
                        id = schedule.Id,
                        tenant = schedule.Tenant,
                        subject = schedule.Subject,
                        scopes = (int)schedule.Scopes,
                        api_key = schedule.ApiKey,
                        title = schedule.Title,
                        draft = JsonSerializer.SerializeToElement(schedule.Draft, TransferRow.Json),
                        cron = schedule.Cron,
                        once_at = schedule.OnceAt?.ToUniversalTime(),
                        zone = schedule.Zone,
                        enabled = schedule.Enabled,
                        next_at = schedule.NextAt?.ToUniversalTime(),
                        folder = schedule.Arrival?.Folder,
                        own = schedule.Arrival?.Own ?? true,
                        others = schedule.Arrival?.Others ?? [],
                    }),
                    Most = most,
                    MostOfFolder = mostOfFolder,
                },
                $"schedule.{act}", schedule.Id.ToString("n"),
                ActParameters.Json(("title", schedule.Title), ("cron", schedule.Cron), ("enabled", schedule.Enabled ? "true" : "false"),
                    ("folder", schedule.Arrival?.Folder.ToString("n")), ("uploadsOf", OfWhom(schedule.Arrival))),
                schedule.Tenant),
            stop)))!),
        cancellationToken);

    public async Task<TransferSchedule?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        (await QueryAsync<ScheduleRow>(Find, new { Id = id, caller.Tenant, caller.Subject }, cancellationToken))
            .SingleOrDefault()?.ToSchedule();

    public async Task<IReadOnlyList<TransferSchedule>> ListAsync(Caller caller, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<ScheduleRow>(List, new { caller.Tenant, caller.Subject }, cancellationToken))
            .Select(row => row.ToSchedule())];

    public Task<bool> RemoveAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        HasRowAsync(Remove, caller, id, "schedule.removed", cancellationToken);

    public async Task<TransferSchedule?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        (await QueryAsync<ScheduleRow>(Get, new { Id = id }, cancellationToken)).SingleOrDefault()?.ToSchedule();

    public Task<bool> RanAsync(
        WorkItem lease, TransferSchedule schedule, ScheduleResult result, string? reason, Guid? transfer, DateTimeOffset? next,
        CancellationToken cancellationToken) => calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<bool>(Command(
                Ran,
                LeaseParameters.Of(incarnation, lease, new
                {
                    schedule.Id,
                    Due = schedule.NextAt,
                    Result = Words.Of(result),
                    Reason = reason,
                    Transfer = transfer,
                    Next = next,
                }),
                stop)),
            cancellationToken);

    public Task RanByHandAsync(Guid schedule, Guid transfer, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(Command(RanByHand, new { Id = schedule, Transfer = transfer }, stop)),
        cancellationToken);

    public Task<bool> AddTemplateAsync(TransferTemplate template, int most, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<bool>(Command(
            AddTemplate,
            ActParameters.Of(
                new
                {
                    template.Id,
                    template.Tenant,
                    template.Subject,
                    template.Title,
                    Draft = JsonSerializer.Serialize(template.Draft, TransferRow.Json),
                    Most = most,
                },
                "template.made", template.Id.ToString("n"), ActParameters.Json(("title", template.Title)), template.Tenant),
            stop)),
        cancellationToken);

    public async Task<TransferTemplate?> FindTemplateAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        (await TemplatesAsync(caller, id, cancellationToken)).SingleOrDefault();

    public Task<IReadOnlyList<TransferTemplate>> ListTemplatesAsync(Caller caller, CancellationToken cancellationToken) =>
        TemplatesAsync(caller, null, cancellationToken);

    public Task<bool> RemoveTemplateAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        HasRowAsync(RemoveTemplate, caller, id, "template.removed", cancellationToken);

    private static string? OfWhom(ArrivalRule? arrival) =>
        arrival is null ? null : string.Join(' ', arrival.Own ? ["owner", .. arrival.Others] : arrival.Others);

    private async Task<IReadOnlyList<TransferTemplate>> TemplatesAsync(Caller caller, Guid? id, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<TemplateRow>(Templates, new { Id = id, caller.Tenant, caller.Subject }, cancellationToken))
            .Select(row => row.ToTemplate())];

    private static CommandDefinition Command(string text, object? parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private async Task<bool> HasRowAsync(string text, Caller caller, Guid id, string act, CancellationToken cancellationToken) =>
        (await QueryAsync<dynamic>(
            text, ActParameters.Of(new { Id = id, caller.Tenant, caller.Subject }, act, id.ToString("n"), tenant: caller.Tenant),
            cancellationToken)).Count > 0;

    private Task<IReadOnlyList<T>> QueryAsync<T>(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<T>>(
            async (connection, stop) => [.. await connection.QueryAsync<T>(Command(text, parameters, stop))], cancellationToken);
}
