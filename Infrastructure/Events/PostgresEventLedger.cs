using System.Globalization;
using ChunkUpload.Core.Events;
using Dapper;

namespace ChunkUpload.Infrastructure.Events;

/// <summary>The events in PostgreSQL.</summary>
internal sealed class PostgresEventLedger(LedgerCalls calls) : IEventLedger
{
    // PostgreSQL's transaction ids are passed as text, because Dapper has no type for them.
    private const string End = "select generation, xid::text as xid, id, trimmed::text as trimmed from events_end()";

    private const string Read = """
        select l.generation, e.id, e.xid::text as xid, e.at, e.tenant, e.owner, e.subject, e.topic_kind as topicKind,
               e.topic_id as topicId, e.kind, e.data
        from ledger l cross join read_events(@Xid::xid8, @Id, @Limit) e order by e.xid, e.id
        """;

    private const string OfUpload = """
        select l.generation, e.id, e.xid::text as xid, e.at, e.tenant, u.subject as owner, e.subject, e.topic_kind as topicKind,
               replace(e.upload_id::text, '-', '') as topicId, e.kind, e.data::text as data
        from ledger l cross join events e join uploads u on u.id = e.upload_id
        where e.upload_id = @Upload and e.kind not in ('created', 'completed') and e.id > @After
        order by e.id limit @Limit
        """;

    private const string Add = "select add_event(@Kind, @Topic, @Id, @Data::jsonb)";

    public Task<EventsEnd> EndAsync(CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            var (generation, xid, id, trimmed) = await connection.QuerySingleAsync<(long, string, long, string)>(
                new CommandDefinition(End, cancellationToken: stop));
            return new EventsEnd(new EventCursor(generation, Number(xid), id), Number(trimmed));
        },
        cancellationToken);

    public Task<IReadOnlyList<LedgerEvent>> ReadAsync(EventCursor after, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<LedgerEvent>>(
            async (connection, stop) => [.. (await connection.QueryAsync<Row>(new CommandDefinition(
                Read,
                new { Xid = after.Transaction.ToString(CultureInfo.InvariantCulture), after.Id, Limit = limit },
                cancellationToken: stop))).Select(row => row.ToEvent())],
            cancellationToken);

    public Task<IReadOnlyList<LedgerEvent>> OfUploadAsync(UploadId upload, long after, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<LedgerEvent>>(
            async (connection, stop) => [.. (await connection.QueryAsync<Row>(new CommandDefinition(
                OfUpload, new { Upload = upload.Value, After = after, Limit = limit }, cancellationToken: stop)))
                .Select(row => row.ToEvent())],
            cancellationToken);

    public Task AddAsync(EventKind kind, string id, string json, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(
            new CommandDefinition(
            Add, new { Kind = kind.Name, kind.Topic, Id = id, Data = json }, cancellationToken: stop)),
        cancellationToken);

    private static ulong Number(string xid) => ulong.Parse(xid, CultureInfo.InvariantCulture);

    private sealed class Row
    {
        public long Generation { get; set; }
        public long Id { get; set; }
        public string Xid { get; set; } = "";
        public DateTime At { get; set; }
        public string Tenant { get; set; } = "";
        public string Owner { get; set; } = "";
        public string Subject { get; set; } = "";
        public string TopicKind { get; set; } = "";
        public string TopicId { get; set; } = "";
        public string Kind { get; set; } = "";
        public string Data { get; set; } = "";

        public LedgerEvent ToEvent() => new(
            new EventCursor(Generation, Number(Xid), Id), LedgerRows.Utc(At), Tenant, Owner, Subject,
            new Topic(TopicKind, TopicId), Kind, Data);
    }
}
