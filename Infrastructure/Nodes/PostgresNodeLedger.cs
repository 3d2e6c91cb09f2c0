using System.Text.Json;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;
using Dapper;

namespace ChunkUpload.Infrastructure.Nodes;

/// <summary>The nodes in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresNodeLedger(LedgerCalls calls, Incarnation incarnation, Storage.Disk.DataDirectory data) : INodeLedger
{
    // A beat is compared with the own one where there is one, so that an outage of the database silences nobody.
    private const string Others = """
        select n.id, n.name, i.store, n.incarnation, n.address, n.fingerprint, n.settings::text as settings,
               coalesce(i.fenced_at is null and i.ended_at is null
                   and h.beat_at > coalesce((select o.beat_at from heartbeats o where o.incarnation = @Incarnation), now())
                       - interval '15 seconds', false) as isrunning
        from nodes n join incarnations i on i.id = n.incarnation left join heartbeats h on h.incarnation = i.id
        where n.id <> @Node order by n.name
        """;

    private const string Join = "select join_node(@Incarnation, @Name, @Address, @Fingerprint, @Settings::jsonb)";

    private const string Names = """
        select exists (select from stored_files where id = @Unique and kind = @Kind and incarnation = @Incarnation and store = @Store)
        """;

    public async Task<IReadOnlyList<Node>> OthersAsync(CancellationToken cancellationToken)
    {
        var rows = await calls.RunAsync(
            (connection, stop) => connection.QueryAsync<NodeRow>(new CommandDefinition(
                Others, new { Node = data.NodeId, Incarnation = incarnation.HasBegun ? incarnation.Id : 0 }, cancellationToken: stop)),
            cancellationToken);
        return [.. rows.Select(row => row.ToNode())];
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
            cancellationToken) == "joined";

    public Task<bool> NamesAsync(StoredFile file, CancellationToken cancellationToken) => AskAsync<bool>(
        Names, new { file.Unique, Kind = (short)file.Kind, file.Incarnation, file.Store }, cancellationToken);

    private Task<T> AskAsync<T>(string query, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.ExecuteScalarAsync<T>(
            new CommandDefinition(query, parameters, cancellationToken: stop)))!,
        cancellationToken);

    private sealed record NodeRow(
        Guid Id, string Name, Guid Store, long Incarnation, string Address, byte[] Fingerprint, string Settings, bool IsRunning)
    {
        public Node ToNode() => new(
            Id, Name, Store, Incarnation, Address, Fingerprint,
            JsonSerializer.Deserialize<Dictionary<string, string>>(Settings) ?? [], IsRunning);
    }
}
