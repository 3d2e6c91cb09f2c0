using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Access;

/// <summary>
/// Reads the version of the access rights every second. When it has risen, drops the cached credentials and reads the limits again.
/// Listeners then end the requests of callers whose rights have ended and, after a change, adjust event subscriptions.
/// </summary>
public sealed class AccessWatch(
    IPeopleLedger ledger, Credentials credentials, ReadLimits readLimits, TimeProvider time, ILogger<AccessWatch> log)
    : PeriodicStep(TimeSpan.FromSeconds(1), time, log)
{
    private long _version;

    /// <summary>Called after each change of the rights.</summary>
    public event Func<CancellationToken, Task>? Changed;

    /// <summary>Called every second, when the cached rights are known to be current: credentials also expire without a change.</summary>
    public event Func<CancellationToken, Task>? Checked;

    public override int Order => StartOrder.Access + 10;

    public override string Name => "access rights";

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _version = await ledger.AccessVersionAsync(cancellationToken);
        credentials.Confirm();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        var version = await ledger.AccessVersionAsync(cancellationToken);
        var changed = version != _version;
        if (changed)
            credentials.Forget();
        credentials.Confirm();
        if (changed)
            await readLimits(cancellationToken);
        await TellAsync(Checked, cancellationToken);
        if (changed)
            await TellAsync(Changed, cancellationToken);
        // Set last: if a step above fails, the next tick repeats the work.
        _version = version;
    }

    private static async Task TellAsync(Func<CancellationToken, Task>? listeners, CancellationToken cancellationToken)
    {
        foreach (var listener in Delegate.EnumerateInvocationList(listeners))
            await listener(cancellationToken);
    }
}

/// <summary>Reads the limits, which are in memory and change with the rights, again from the ledger.</summary>
public delegate Task ReadLimits(CancellationToken cancellationToken);
