using ChunkUpload.Core.Access;
using ChunkUpload.Core.Work;
using Dapper;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>The files that have arrived for schedules.</summary>
internal sealed partial class PostgresScheduleLedger
{
    private const string Arrivals = """
        select a.number, a.entry, a.path, a.subject, a.at, a.state, a.transfer, a.reason
        from arrivals a join transfer_schedules s on s.id = a.schedule join entries f on f.id = s.folder
        where a.schedule = @Id and reaches_space(f.space, @Owner, false) order by a.number desc limit @Limit
        """;

    private const string Waiting = """
        select count(*)::int as count, coalesce(extract(epoch from clock_timestamp() - max(a.at)), 0)::float8 as rested,
               coalesce(extract(epoch from clock_timestamp() - min(a.at)), 0)::float8 as waited,
               coalesce(bool_or(a.transfer is not null), false) as chosen,
               (select count(*)::int from transfers t where t.schedule = @Id and t.ended_at is null) as open
        from arrivals a where a.schedule = @Id and a.state = 'waiting'
        """;

    private const string Take = """
        select number, entry, transfer, path
        from take_arrivals(@Incarnation, @Work, @Epoch, @Schedule, @Transfer, @Most)
        """;

    private const string End = """
        select end_arrivals(@Incarnation, @Work, @Epoch, @Schedule, @Transfer, @Begun, @Reason, @Left, @Reasons, @Pause)
        """;

    private const string LiesIn =
        "select exists (select from unnest(@Others) o (id) where o.id = @Entry or is_below(@Entry, o.id))";

    private const string Unknown = """
        select s from unnest(@Subjects::text[]) s
        where not case split_part(s, ':', 1)
            when 'user' then exists (
                select from users u left join memberships m on m.user_id = u.id and m.tenant = @Tenant
                where u.id = split_part(s, ':', 2)::uuid and (u.is_operator or m.role is not null))
            when 'key' then exists (select from api_keys k where k.id = split_part(s, ':', 2)::uuid and k.tenant = @Tenant)
            when 'link' then exists (select from links l where l.id = split_part(s, ':', 2)::uuid and l.tenant = @Tenant)
            else s = 'operator'
        end
        """;

    async Task<IReadOnlyList<Arrival>> IArrivalLedger.ListAsync(
        Caller caller, Guid schedule, int limit, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<ArrivalRow>(Arrivals, new { Id = schedule, caller.Owner, Limit = limit }, cancellationToken))
            .Select(row => row.ToArrival())];

    public async Task<ArrivalsWaiting> WaitingAsync(Guid schedule, CancellationToken cancellationToken) =>
        (await QueryAsync<WaitingRow>(Waiting, new { Id = schedule }, cancellationToken)).Single().ToWaiting();

    public async Task<IReadOnlyList<TakenArrival>> TakeAsync(
        WorkItem lease, Guid schedule, Guid transfer, int most, CancellationToken cancellationToken) =>
        [.. (await QueryAsync<TakenArrivalRow>(
            Take,
            LeaseParameters.Of(incarnation, lease, new
            {
                Schedule = schedule,
                Transfer = transfer,
                Most = most,
            }),
            cancellationToken)).Select(row => row.ToTaken())];

    public Task<bool> BegunAsync(
        WorkItem lease, Guid schedule, Guid transfer, bool begun, IReadOnlyList<LeftOut> leftOut, CancellationToken cancellationToken) =>
        EndAsync(lease, schedule, transfer, begun, null, leftOut, TimeSpan.Zero, cancellationToken);

    public Task<bool> RefusedAsync(
        WorkItem lease, Guid schedule, string reason, TimeSpan pause, CancellationToken cancellationToken) =>
        EndAsync(lease, schedule, null, false, reason, [], pause, cancellationToken);

    public Task<bool> LiesInAsync(Guid entry, IReadOnlyList<Guid> others, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<bool>(
            Command(LiesIn, new { Entry = entry, Others = others.ToArray() }, stop)),
        cancellationToken);

    public Task<IReadOnlyList<string>> UnknownAsync(
        string tenant, IReadOnlyList<string> subjects, CancellationToken cancellationToken) =>
        QueryAsync<string>(Unknown, new { Tenant = tenant, Subjects = subjects.ToArray() }, cancellationToken);

    private Task<bool> EndAsync(
        WorkItem lease, Guid schedule, Guid? transfer, bool begun, string? reason, IReadOnlyList<LeftOut> leftOut, TimeSpan pause,
        CancellationToken cancellationToken) => calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<bool>(Command(
                End,
                LeaseParameters.Of(incarnation, lease, new
                {
                    Schedule = schedule,
                    Transfer = transfer,
                    Begun = begun,
                    Reason = reason,
                    Left = leftOut.Select(one => one.Number).ToArray(),
                    Reasons = leftOut.Select(one => one.Reason).ToArray(),
                    Pause = pause,
                }),
                stop)),
            cancellationToken);
}
