using System.Text.Json;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Nodes;

/// <summary>The nodes in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresNodeLedger(LedgerCalls calls, Incarnation incarnation, Storage.Disk.DataDirectory data) : INodeLedger
{
    // A beat is compared with the own one where there is one, so that an outage of the database silences nobody.
    private const string All = """
        select n.id, n.name, i.store, n.incarnation, n.address, n.fingerprint, n.settings::text as settings,
               i.started_at as startedat, h.beat_at as beatat, i.ended_at is not null as hasended, n.draining_at as drainingat,
               n.away_at as awayat,
               n.figures::text as figures, clock_timestamp() as readat,
               coalesce(i.fenced_at is null and i.ended_at is null
                   and h.beat_at > coalesce((select o.beat_at from heartbeats o where o.incarnation = @Incarnation), now())
                       - interval '15 seconds', false) as isrunning
        from nodes n join incarnations i on i.id = n.incarnation left join heartbeats h on h.incarnation = i.id
        order by n.name
        """;

    private const string Join = "select join_node(@Incarnation, @Name, @Address, @Fingerprint, @Settings::jsonb)";

    private const string Tell = "update nodes set figures = @Figures::jsonb where incarnation = @Incarnation";

    private const string Note = "select note_node(@Incarnation, @Id, @Seen, @Runs)";

    private const string Drain = $"""
        with changed as (
            update nodes set draining_at = coalesce(draining_at, now()) where lower(name) = lower(@Name) returning id
        )
        select (select count({ActParameters.Noted}) from changed) > 0
        """;

    private const string Resume = $"""
        with changed as (update nodes set draining_at = null where lower(name) = lower(@Name) returning id)
        select (select count({ActParameters.Noted}) from changed) > 0
        """;

    private const string Forget = $"""
        with asked as materialized (select forget_node(@Name) as answer)
        select answer from asked left join lateral (select {ActParameters.Noted} where answer = 'forgotten') noted on true
        """;

    private const string Names = """
        select exists (select from stored_files where id = @Unique and kind = @Kind and incarnation = @Incarnation and store = @Store)
        """;

    public async Task<IReadOnlyList<Node>> ListAsync(CancellationToken cancellationToken)
    {
        var rows = await calls.RunAsync(
            (connection, stop) => connection.QueryAsync<NodeRow>(new CommandDefinition(
                All, new { Incarnation = incarnation.HasBegun ? incarnation.Id : 0 }, cancellationToken: stop)),
            cancellationToken);
        return [.. rows.Select(row => row.ToNode() with { IsHere = data.IsOpen && row.Id == data.NodeId })];
    }

    public async Task<bool> JoinAsync(
        string name, string address, byte[] fingerprint, IReadOnlyDictionary<string, string> settings,
        CancellationToken cancellationToken) =>
        await AskAsync<string>(
            Join,
            new
            {
                Incarnation = incarnation.Id,
                Name = name,
                Address = address,
                Fingerprint = fingerprint,
                Settings = JsonSerializer.Serialize(settings),
            },
            cancellationToken) != "name_taken";

    public Task TellAsync(NodeFigures figures, CancellationToken cancellationToken) => calls.OnceAsync(
        (connection, stop) => connection.ExecuteAsync(new CommandDefinition(
            Tell, new { Incarnation = incarnation.Id, Figures = JsonSerializer.Serialize(figures) }, cancellationToken: stop)),
        cancellationToken);

    public Task NoteAsync(Node node, CancellationToken cancellationToken) => AskAsync<object>(
        Note, new { Incarnation = incarnation.Id, node.Id, Seen = node.Incarnation, Runs = node.IsRunning }, cancellationToken);

    public Task<bool> DrainAsync(string name, bool drains, CancellationToken cancellationToken) => AskAsync<bool>(
        drains ? Drain : Resume,
        ActParameters.Of(new { Name = name }, drains ? "node.drained" : "node.resumed", name, tenant: ""), cancellationToken);

    public async Task<ForgetAnswer> ForgetAsync(string name, CancellationToken cancellationToken) => await AskAsync<string>(
        Forget, ActParameters.Of(new { Name = name }, "node.forgotten", name, tenant: ""), cancellationToken) switch
    {
        "forgotten" => ForgetAnswer.Forgotten,
        "runs" => ForgetAnswer.Runs,
        _ => ForgetAnswer.Unknown,
    };

    public Task<bool> NamesAsync(StoredFile file, CancellationToken cancellationToken) => AskAsync<bool>(
        Names, new { file.Unique, Kind = (short)file.Kind, file.Incarnation, file.Store }, cancellationToken);

    private Task<T> AskAsync<T>(string query, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.ExecuteScalarAsync<T>(
            new CommandDefinition(query, parameters, cancellationToken: stop)))!,
        cancellationToken);

    private sealed record NodeRow(
        Guid Id, string Name, Guid Store, long Incarnation, string Address, byte[] Fingerprint, string Settings, DateTime StartedAt,
        DateTime? BeatAt, bool HasEnded, DateTime? DrainingAt, DateTime? AwayAt, string? Figures, DateTime ReadAt, bool IsRunning)
    {
        public Node ToNode() => new(
            Id, Name, Store, Incarnation, Address, Fingerprint,
            JsonSerializer.Deserialize<Dictionary<string, string>>(Settings) ?? [], IsRunning)
        {
            StartedAt = LedgerRows.Utc(StartedAt),
            BeatAt = BeatAt is { } beat ? LedgerRows.Utc(beat) : null,
            ReadAt = LedgerRows.Utc(ReadAt),
            HasEnded = HasEnded,
            DrainingSince = DrainingAt is { } since ? LedgerRows.Utc(since) : null,
            AwaySince = AwayAt is { } away ? LedgerRows.Utc(away) : null,
            Figures = Figures is null ? null : JsonSerializer.Deserialize<NodeFigures>(Figures),
        };
    }
}
