using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Checks;

/// <summary>Tells the ledger whether there is a checker, before anything can complete an upload.</summary>
public sealed partial class CheckerStart(ICheckLedger ledger, IOptions<CheckOptions> options, ILogger<CheckerStart> log) : IStartStep
{
    public int Order => StartOrder.Recovery + 50;

    public string Name => "checker";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var waiting = await ledger.SetCheckerAsync(options.Value.IsSet, cancellationToken);
        if (waiting > 0 && !options.Value.IsSet)
            NoChecker(waiting);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(7701, LogLevel.Warning,
        "{Count} uploads wait for a check, but no checker is set: set one in the section Check, or cancel them")]
    private partial void NoChecker(long count);
}
