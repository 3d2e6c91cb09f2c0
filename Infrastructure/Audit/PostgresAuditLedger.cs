using ChunkUpload.Core.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Audit;

/// <summary>The audit in PostgreSQL.</summary>
internal sealed class PostgresAuditLedger(LedgerCalls calls) : IAuditLedger
{
    private const int Batch = 1000;

    private const string Add = $"select {ActParameters.Noted}";

    private const string AddDownload = """
        select add_audit(@ActTenant, @ActorSubject, @ActorCredential, @ActorAddress, 'download', @ActObject, @ActData::jsonb, @Hour)
        """;

    // Blanked rows have no content to show.
    private const string List = """
        select number, at, tenant, subject, credential, address, kind, object as target, data::text as data
        from audit
        where not blanked
          and (@Tenant::text is null or tenant = @Tenant)
          and (@Subject::text is null or subject = @Subject)
          and (@Kind::text is null or kind = @Kind or kind like @Kind || '.%')
          and (@Target::text is null or object = @Target)
          and (@From::timestamptz is null or at >= @From)
          and (@To::timestamptz is null or at < @To)
          and (@Before::bigint is null or number < @Before)
        order by number desc limit @Limit
        """;

    // A repetition after a lost response may record the act twice, which is better than not at all.
    public Task AddAsync(string kind, string? target, string? json, CancellationToken cancellationToken) =>
        ExecuteAsync(Add, ActParameters.Of(null, kind, target, json), cancellationToken);

    public Task AddDownloadAsync(string tenant, string upload, string name, int hour, CancellationToken cancellationToken) =>
        ExecuteAsync(
            AddDownload, ActParameters.Of(new { Hour = hour }, "download", upload, ActParameters.Json(("name", name)), tenant),
            cancellationToken);

    public async Task<IReadOnlyList<AuditRow>> ListAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        if (query.Before is null)
            await ChainAsync(cancellationToken);
        var parameters = new
        {
            query.Tenant,
            query.Subject,
            query.Kind,
            query.Target,
            From = query.From?.UtcDateTime,
            To = query.To?.UtcDateTime,
            query.Before,
            query.Limit,
        };
        return await calls.RunAsync<IReadOnlyList<AuditRow>>(
            async (connection, stop) => [.. (await connection.QueryAsync<Row>(
                new CommandDefinition(List, parameters, cancellationToken: stop))).Select(row => row.ToRow())],
            cancellationToken);
    }

    public async Task ChainAsync(CancellationToken cancellationToken)
    {
        int taken;
        do
        {
            taken = await calls.RunAsync(
                (connection, stop) => connection.ExecuteScalarAsync<int>(
                    new CommandDefinition("select chain_audit(@Batch)", new { Batch }, cancellationToken: stop)),
                cancellationToken);
        }
        while (taken == Batch);
    }

    public Task<AuditVerdict> VerifyAsync(
        long number, byte[] chain, int limit, TimeSpan keep, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            var (broken, last, value, blanked) = await connection.QuerySingleAsync<(long?, long, byte[], long)>(new CommandDefinition(
                "select broken, number, chain, blanked from verify_audit(@Number, @Chain, @Limit, @Keep)",
                new { Number = number, Chain = chain, Limit = limit, Keep = keep }, cancellationToken: stop));
            return new AuditVerdict(broken, last, value, blanked);
        },
        cancellationToken);

    public Task<int> BlankAsync(TimeSpan age, int limit, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<int>(
            new CommandDefinition("select blank_audit(@Age, null, @Limit)", new { Age = age, Limit = limit }, cancellationToken: stop)),
        cancellationToken);

    private Task<int> ExecuteAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync((connection, stop) => connection.ExecuteAsync(new CommandDefinition(text, parameters, cancellationToken: stop)),
            cancellationToken);

    private sealed class Row
    {
        public long Number { get; set; }
        public DateTime At { get; set; }
        public string Tenant { get; set; } = "";
        public string Subject { get; set; } = "";
        public string? Credential { get; set; }
        public string? Address { get; set; }
        public string Kind { get; set; } = "";
        public string? Target { get; set; }
        public string Data { get; set; } = "";

        public AuditRow ToRow() =>
            new(Number, LedgerRows.Utc(At), Tenant, Subject, Credential, Address, Kind, Target, Data);
    }
}
