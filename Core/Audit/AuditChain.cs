using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Audit;

/// <summary>Links recorded acts into a hash chain, soon after they were recorded, and verifies the chain.</summary>
public sealed class AuditChain(IAuditLedger ledger, IOptions<AuditOptions> options, TimeProvider time, ILogger<AuditChain> log)
    : PeriodicStep(TimeSpan.FromSeconds(2), time, log)
{
    private const int Batch = 1000;

    public override int Order => StartOrder.Background;

    public override string Name => "audit";

    /// <summary>Chains the acts that are not chained yet, and verifies the chain.</summary>
    /// <param name="upTo">The last number to verify; null means all.</param>
    public async Task<AuditVerdict> VerifyAsync(long? upTo, CancellationToken cancellationToken)
    {
        await ledger.ChainAsync(cancellationToken);
        var verdict = new AuditVerdict(null, 0, [], 0);
        while (true)
        {
            if (verdict.Number == upTo)
                return verdict;
            var limit = (int)Math.Min(Batch, (upTo ?? long.MaxValue) - verdict.Number);
            var next = await ledger.VerifyAsync(verdict.Number, verdict.Chain, limit, options.Value.KeepFor, cancellationToken);
            next = next with { Blanked = verdict.Blanked + next.Blanked };
            if (next.Broken is not null || next.Number == verdict.Number)
                return next;
            verdict = next;
        }
    }

    protected override Task TickAsync(CancellationToken cancellationToken) => ledger.ChainAsync(cancellationToken);
}
