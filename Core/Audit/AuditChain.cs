using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Audit;

/// <summary>Chains the rows of the audit soon after they were written, and verifies the chain.</summary>
public sealed partial class AuditChain(IAuditLedger ledger, TimeProvider time, ILogger<AuditChain> log) : IStartStep, IDisposable
{
    private const int Batch = 1000;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private Task _chaining = Task.CompletedTask;

    public int Order => StartOrder.Background;

    public string Name => "audit";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _chaining = Task.Run(() => ChainAsync(_stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _chaining;
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>Verifies the chain, and chains what is not chained yet first.</summary>
    /// <param name="upTo">The last number to verify; null: all.</param>
    public async Task<AuditVerdict> VerifyAsync(long? upTo, CancellationToken cancellationToken)
    {
        while (await ledger.ChainAsync(Batch, cancellationToken) > 0)
        {
        }

        var verdict = new AuditVerdict(null, 0, []);
        while (true)
        {
            if (verdict.Number == upTo)
                return verdict;
            var limit = (int)Math.Min(Batch, (upTo ?? long.MaxValue) - verdict.Number);
            var next = await ledger.VerifyAsync(verdict.Number, verdict.Chain, limit, cancellationToken);
            if (next.Broken is not null || next.Number == verdict.Number)
                return next;
            verdict = next;
        }
    }

    private async Task ChainAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await ChainAllAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private async Task ChainAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await ledger.ChainAsync(Batch, cancellationToken) == Batch)
            {
            }
        }
        catch (LedgerUnavailableException exception)
        {
            NotChained(exception.Message);
        }
    }

    [LoggerMessage(7411, LogLevel.Warning, "The audit could not be chained now: {Reason}")]
    private partial void NotChained(string reason);
}
