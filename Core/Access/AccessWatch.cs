using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Access;

/// <summary>
/// Reads the version of the access rights every second. When it has risen, cached credentials are dropped, and listeners end the requests
/// of callers who may not go on. Limits are read again.
/// </summary>
public sealed class AccessWatch(
    ICredentialLedger ledger, Credentials credentials, LimitBook limits, TimeProvider time, ILogger<AccessWatch> log)
    : PeriodicStep(TimeSpan.FromSeconds(1), time, log)
{
    private long _version;

    /// <summary>Called after each change of the rights.</summary>
    public event Func<CancellationToken, Task>? Changed;

    public override int Order => StartOrder.Access + 10;

    public override string Name => "access rights";

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _version = await ledger.VersionAsync(cancellationToken);
        credentials.Confirm();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        var version = await ledger.VersionAsync(cancellationToken);
        if (version != _version)
        {
            credentials.Forget();
            credentials.Confirm();
            await limits.LoadAsync(cancellationToken);
            foreach (var listener in Delegate.EnumerateInvocationList(Changed))
                await listener(cancellationToken);
            _version = version;
        }

        credentials.Confirm();
    }
}
