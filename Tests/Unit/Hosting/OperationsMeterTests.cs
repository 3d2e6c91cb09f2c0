using System.Diagnostics.Metrics;
using ChunkUpload.Api.Health;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Unit.Hosting;

/// <summary>The metrics that the ledger has: read at most once in some seconds, and never older than the last answer.</summary>
public sealed class OperationsMeterTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTime _time = new();
    private readonly Ledger _ledger = new();
    private readonly OtherStores _others = new();
    private readonly OperationsMeter _meter;
    private readonly PrometheusText _text;

    public OperationsMeterTests()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        var certificate = new TlsCertificate(new HostingOptions(), null!, null!, null!, _time, NullLogger<TlsCertificate>.Instance);
        var stores = new Stores(null!, _others, new SharedReception(isOn: false, 0, _others));
        _meter = new OperationsMeter(meters, _ledger, stores, certificate, new TelemetryOptions(), _time);
        _text = new PrometheusText(meters);
    }

    public void Dispose()
    {
        _text.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task A_ledger_that_does_not_answer_is_reported_and_its_old_figures_are_not()
    {
        await _meter.RefreshAsync();
        var text = _text.Write();
        Assert.Contains("chunkupload_ledger_reachable 1\n", text, StringComparison.Ordinal);
        Assert.Contains("chunkupload_uploads_damaged 3\n", text, StringComparison.Ordinal);
        Assert.Contains("chunkupload_jobs_failed{job_name=\"sweep-orphans\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("chunkupload_transfers_open{state=\"running\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("chunkupload_transfers_waiting{reason=\"sign_in\"} 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("chunkupload_certificate_ends_seconds ", text, StringComparison.Ordinal);

        _ledger.Failure = new LedgerUnavailableException("It does not answer.");
        _time.Advance(TimeSpan.FromSeconds(6));
        await _meter.RefreshAsync();
        text = _text.Write();
        Assert.Contains("chunkupload_ledger_reachable 0\n", text, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?m)^chunkupload_(uploads_damaged|jobs_failed|transfers_open|transfers_waiting)", text);
    }

    [Fact]
    public void A_bucket_that_cannot_be_used_is_reported_and_none_where_there_is_none()
    {
        Assert.DoesNotMatch("(?m)^chunkupload_bucket_reachable", _text.Write());
        _others.Bucket = new BucketHealth("box", null, null);
        Assert.Contains("chunkupload_bucket_reachable 1\n", _text.Write(), StringComparison.Ordinal);
        _others.Bucket = new BucketHealth("box", "It does not answer.", null);
        Assert.Contains("chunkupload_bucket_reachable 0\n", _text.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrapes_within_seconds_read_the_ledger_once()
    {
        await Task.WhenAll(_meter.RefreshAsync(), _meter.RefreshAsync());
        await _meter.RefreshAsync();
        Assert.Equal(1, _ledger.Reads);
        _time.Advance(TimeSpan.FromSeconds(6));
        await _meter.RefreshAsync();
        Assert.Equal(2, _ledger.Reads);
    }

    [Fact]
    public void Nothing_is_reported_before_the_first_read() =>
        Assert.DoesNotMatch("(?m)^chunkupload_ledger_reachable", _text.Write());

    private sealed class Ledger : IOperationsLedger
    {
        public Exception? Failure { get; set; }

        public int Reads { get; private set; }

        public Task<OperationsFigures> ReadAsync(CancellationToken cancellationToken)
        {
            Reads++;
            return Failure is { } failure
                ? Task.FromException<OperationsFigures>(failure)
                : Task.FromResult(new OperationsFigures(
                    3, new Dictionary<string, long> { ["running"] = 2 }, new Dictionary<string, long> { ["sign_in"] = 1 },
                    new Dictionary<string, long> { ["sweep-orphans"] = 1 }));
        }
    }
}
