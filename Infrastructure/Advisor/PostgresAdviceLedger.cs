using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using Dapper;

namespace ChunkUpload.Infrastructure.Advisor;

/// <summary>The advisor's memory in PostgreSQL.</summary>
internal sealed class PostgresAdviceLedger(LedgerCalls calls) : IAdviceLedger
{
    static PostgresAdviceLedger() => LedgerRows.Prepare();

    public Task AddStepsAsync(IReadOnlyList<AdviceStep> steps, CancellationToken cancellationToken) => ExecuteAsync(
        AdviceQueries.AddSteps,
        new
        {
            Uploads = steps.Select(step => step.Upload.Value).ToArray(),
            Times = steps.Select(step => step.At.UtcDateTime).ToArray(),
            Sizes = steps.Select(step => step.ChunkSize).ToArray(),
            Concurrencies = steps.Select(step => step.Concurrency).ToArray(),
            Limits = steps.Select(step => step.LimitedBy).ToArray(),
            Rates = steps.Select(step => step.Rate).ToArray(),
            DeadTimes = steps.Select(step => step.DeadTime).ToArray(),
            Mtbfs = steps.Select(step => step.Mtbf).ToArray(),
            Successes = steps.Select(step => step.Succeeded).ToArray(),
            Failures = steps.Select(step => step.Failed).ToArray(),
            Bytes = steps.Select(step => step.Bytes).ToArray(),
        },
        cancellationToken);

    public Task<IReadOnlyList<ListedStep>> StepsAsync(UploadId upload, long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(AdviceQueries.Steps, new { Id = upload.Value, After = after, Limit = limit }, (StepRow row) => row.ToStep(upload),
            cancellationToken);

    public Task SaveNetworksAsync(IReadOnlyList<KnownNetwork> networks, CancellationToken cancellationToken) => ExecuteAsync(
        AdviceQueries.SaveNetworks,
        new
        {
            Tenants = networks.Select(network => network.Key.Tenant).ToArray(),
            Subjects = networks.Select(network => network.Key.Subject).ToArray(),
            Networks = networks.Select(network => network.Key.Network).ToArray(),
            Firsts = networks.Select(network => network.FirstSeenAt.UtcDateTime).ToArray(),
            Lasts = networks.Select(network => network.SeenAt.UtcDateTime).ToArray(),
            Uploaded = networks.Select(network => network.Uploaded).ToArray(),
            Requests = networks.Select(network => network.Requests).ToArray(),
            Failures = networks.Select(network => network.Failures).ToArray(),
            // unnest flattens an array of arrays, so each row's figures are sent as text.
            Figures = networks.Select(network => SavedFigures.Write(network.Figures)).ToArray(),
        },
        cancellationToken);

    public async Task<IReadOnlyList<KnownNetwork>> RecentNetworksAsync(TimeSpan within, int limit, CancellationToken cancellationToken) =>
        [.. (await ListAsync(
            AdviceQueries.RecentNetworks, new { Within = within, Limit = limit }, (NetworkRow row) => row.ToNetwork(), cancellationToken))
            .Select(listed => listed.Network)];

    public async Task<IReadOnlyList<KnownNetwork>> LastNetworksAsync(
        IReadOnlyCollection<ActiveSubject> subjects, CancellationToken cancellationToken) => await ListAsync(
            AdviceQueries.LastNetworks,
            new { Tenants = subjects.Select(one => one.Tenant).ToArray(), Subjects = subjects.Select(one => one.Subject).ToArray() },
            (NetworkRow row) => row.ToNetwork().Network, cancellationToken);

    public Task<IReadOnlyList<ListedNetwork>> NetworksAsync(string tenant, long? before, int limit, CancellationToken cancellationToken) =>
        ListAsync(AdviceQueries.Networks, new { Tenant = tenant, Before = before, Limit = limit }, (NetworkRow row) => row.ToNetwork(),
            cancellationToken);

    private Task<int> ExecuteAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.OnceAsync((connection, token) => connection.ExecuteAsync(new CommandDefinition(text, parameters, cancellationToken: token)),
            cancellationToken);

    private Task<IReadOnlyList<TOut>> ListAsync<TRow,
        TOut>(string text, object parameters, Func<TRow, TOut> convert, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<TOut>>(
            async (connection, token) => (await connection.QueryAsync<TRow>(
                new CommandDefinition(text, parameters, cancellationToken: token))).Select(convert).ToList(),
            cancellationToken);

    private sealed class StepRow
    {
        public long Id { get; set; }
        public DateTime At { get; set; }
        public long ChunkSize { get; set; }
        public int Concurrency { get; set; }
        public string LimitedBy { get; set; } = "";
        public double? Rate { get; set; }
        public double? DeadTime { get; set; }
        public double? Mtbf { get; set; }
        public int Succeeded { get; set; }
        public int Failed { get; set; }
        public long Bytes { get; set; }

        public ListedStep ToStep(UploadId upload) =>
            new(Id, new AdviceStep(
                upload, 0, LedgerRows.Utc(At), ChunkSize, Concurrency, LimitedBy, Rate, DeadTime, Mtbf, Succeeded, Failed, Bytes));
    }

    private sealed class NetworkRow
    {
        public long Id { get; set; }
        public string Tenant { get; set; } = "";
        public string Subject { get; set; } = "";
        public string Network { get; set; } = "";
        public DateTime FirstSeenAt { get; set; }
        public DateTime SeenAt { get; set; }
        public long Uploaded { get; set; }
        public long Requests { get; set; }
        public long Failures { get; set; }
        public double[] Figures { get; set; } = [];

        public ListedNetwork ToNetwork() => new(
            Id,
            new KnownNetwork(
                new NetworkKey(Tenant, Subject, Network), LedgerRows.Utc(FirstSeenAt), LedgerRows.Utc(SeenAt), Uploaded, Requests, Failures,
                SavedFigures.Read(Figures)));
    }
}
