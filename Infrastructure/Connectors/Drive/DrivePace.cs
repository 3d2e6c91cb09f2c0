using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Keeps requests to Google Drive within the limits of the settings.</summary>
internal sealed class DrivePace(IOptions<DriveOptions> options, SharedUsage usage, TimeProvider time)
{
    private const int OtherUnits = 5;

    // A longer wait is left to the queue, so that it occupies no worker.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>The quota units of operations for projects of 2026.</summary>
    private static readonly Dictionary<string, int> Units = new(StringComparer.Ordinal)
    {
        ["files.list"] = 100,
        ["drives.list"] = 100,
        ["files.download"] = 200,
        ["files.export"] = 200,
        ["files.create"] = 50,
        ["files.delete"] = 50,
        ["folder.create"] = 50,
        ["upload.begin"] = 50,
    };

    private readonly bool _countsUnits = options.Value.CountBy == DriveOptions.ByUnits;

    private readonly RequestLimits _limits = new(
        "drive", options.Value.AccountLimit, options.Value.AppLimit, options.Value.LimitWindow, usage, time);

    /// <summary>Waits until a request may be sent; returns a fault if that takes longer than a worker waits.</summary>
    public async Task<StorageFault?> WaitAsync(Guid connection, string operation, CancellationToken cancellationToken)
    {
        var wait = _limits.Take(connection, _countsUnits ? Units.GetValueOrDefault(operation, OtherUnits) : 1, LongestWait);
        if (wait > LongestWait)
        {
            return new StorageFault(FaultKind.Throttled, "Requests to Google Drive are paused: the limit of the settings is reached.")
            {
                After = wait,
            };
        }

        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancellationToken);
        return null;
    }
}
