using System.Globalization;
using System.Text.Json;
using ChunkUpload.Core.Limits;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Limits;

/// <summary>Limits and usage in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresLimitLedger(LedgerCalls calls) : ILimitLedger
{
    private const string All = "select scope, tenant, id, max_size as max_file_size, stored_bytes, files, open_uploads, "
        + "requests_per_minute, creations_per_minute, requests_at_once, receive_bandwidth, send_bandwidth, rules, "
        + "received_per_day, sent_per_day from limits";

    private const string Set = $"""
        with changed as (select {ActParameters.Changed})
        insert into limits as l (
            scope, tenant, id, max_size, stored_bytes, files, open_uploads, requests_per_minute, creations_per_minute, requests_at_once,
            receive_bandwidth, send_bandwidth, rules, received_per_day, sent_per_day)
        select @Scope, @Tenant, @Id, @MaxFileSize, @StoredBytes, @Files, @OpenUploads, @RequestsPerMinute, @CreationsPerMinute,
               @RequestsAtOnce, @ReceiveBandwidth, @SendBandwidth, @Rules, @ReceivedPerDay, @SentPerDay
        from changed
        on conflict (scope, tenant, id) do update
        set max_size = excluded.max_size, stored_bytes = excluded.stored_bytes, files = excluded.files,
            open_uploads = excluded.open_uploads,
            requests_per_minute = excluded.requests_per_minute, creations_per_minute = excluded.creations_per_minute,
            requests_at_once = excluded.requests_at_once,
            receive_bandwidth = excluded.receive_bandwidth, send_bandwidth = excluded.send_bandwidth,
            rules = excluded.rules, received_per_day = excluded.received_per_day, sent_per_day = excluded.sent_per_day;
        -- Usage that arose without a limit counts from now on.
        select fold_usage()
        """;

    private const string Remove = $"""
        with gone as (delete from limits where scope = @Scope and tenant = @Tenant and id = @Id returning 1)
        select {ActParameters.Changed} from gone
        """;

    private const string Usage = """
        select coalesce(sum(stored_bytes), 0)::bigint as stored_bytes, coalesce(sum(files), 0)::bigint as files,
               coalesce(sum(open_uploads), 0)::bigint as open_uploads
        from usage_now
        where tenant = @Tenant and subject = @Subject
        """;

    public Task<IReadOnlyDictionary<LimitTarget, LimitValues>> AllAsync(CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyDictionary<LimitTarget, LimitValues>>(
            async (connection, stop) => (await connection.QueryAsync<LimitRow>(Command(All, null, stop)))
                .ToDictionary(row => row.ToTarget(), row => row.ToValues()),
            cancellationToken);

    public Task SetAsync(LimitTarget target, LimitValues values, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(Command(
            Set,
            ActParameters.Of(
                new
                {
                    Scope = target.Scope.Word(),
                    target.Tenant,
                    target.Id,
                    values.MaxFileSize,
                    values.StoredBytes,
                    values.Files,
                    values.OpenUploads,
                    values.RequestsPerMinute,
                    values.CreationsPerMinute,
                    values.RequestsAtOnce,
                    ReceiveBandwidth = values.ReceiveBandwidth?.Text,
                    SendBandwidth = values.SendBandwidth?.Text,
                    Rules = RulesText(values),
                    values.ReceivedPerDay,
                    values.SentPerDay,
                },
                "limits.set", target.ToString(), Json(values), target.Tenant),
            stop)),
        cancellationToken);

    public Task<bool> RemoveAsync(LimitTarget target, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QueryAsync<object>(Command(
            Remove,
            ActParameters.Of(
                new { Scope = target.Scope.Word(), target.Tenant, target.Id }, "limits.removed", target.ToString(), tenant: target.Tenant),
            stop))).Any(),
        cancellationToken);

    public Task<LimitUsage> UsageAsync(string tenant, string subject, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.QuerySingleAsync<LimitUsage>(Command(Usage, new { Tenant = tenant, Subject = subject }, stop)),
        cancellationToken);

    public Task FoldAsync(CancellationToken cancellationToken) => calls.OnceAsync(
        (connection, stop) => connection.ExecuteAsync(Command("select fold_usage()", null, stop)), cancellationToken);

    private static string Json(LimitValues values) => ActParameters.Json(
        ("maxFileSize", Text(values.MaxFileSize)), ("storedBytes", Text(values.StoredBytes)), ("files", Text(values.Files)),
        ("openUploads", Text(values.OpenUploads)), ("requestsPerMinute", Text(values.RequestsPerMinute)),
        ("creationsPerMinute", Text(values.CreationsPerMinute)), ("requestsAtOnce", Text(values.RequestsAtOnce)),
        ("receivedPerDay", Text(values.ReceivedPerDay)), ("sentPerDay", Text(values.SentPerDay)),
        ("receiveBandwidth", values.ReceiveBandwidth?.Text), ("sendBandwidth", values.SendBandwidth?.Text),
        ("rules", RulesText(values)));

    private static string? RulesText(LimitValues values) => values.Rules is null ? null : JsonSerializer.Serialize(values.Rules);

    private static string? Text(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static CommandDefinition Command(string text, object? parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private sealed class LimitRow
    {
        public string Scope { get; set; } = "";
        public string Tenant { get; set; } = "";
        public string Id { get; set; } = "";
        public long? MaxFileSize { get; set; }
        public long? StoredBytes { get; set; }
        public long? Files { get; set; }
        public long? OpenUploads { get; set; }
        public long? RequestsPerMinute { get; set; }
        public long? CreationsPerMinute { get; set; }
        public long? RequestsAtOnce { get; set; }
        public string? ReceiveBandwidth { get; set; }
        public string? SendBandwidth { get; set; }
        public string? Rules { get; set; }
        public long? ReceivedPerDay { get; set; }
        public long? SentPerDay { get; set; }

        public LimitTarget ToTarget() => new(LimitScopes.Parse(Scope)!.Value, Tenant, Id);

        public LimitValues ToValues() => new()
        {
            MaxFileSize = MaxFileSize,
            StoredBytes = StoredBytes,
            Files = Files,
            OpenUploads = OpenUploads,
            RequestsPerMinute = RequestsPerMinute,
            CreationsPerMinute = CreationsPerMinute,
            RequestsAtOnce = RequestsAtOnce,
            ReceiveBandwidth = Timetable(ReceiveBandwidth),
            SendBandwidth = Timetable(SendBandwidth),
            ReceivedPerDay = ReceivedPerDay,
            SentPerDay = SentPerDay,
            Rules = Rules is null ? null : JsonSerializer.Deserialize<FileRules>(Rules),
        };

        private static BandwidthTimetable? Timetable(string? text) => text is null ? null : BandwidthTimetable.Parse(text, out _);
    }
}
