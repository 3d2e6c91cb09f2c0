using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>An incarnation of another service that was active on the ledger a moment ago.</summary>
internal sealed record BeatingIncarnation(long Incarnation, string Host, string Store, DateTime BeatAt, bool Alone)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>If another service was active a moment ago, waits until it has been silent for long enough or beats again.</summary>
    /// <param name="find">Finds a service that beat within <see cref="Migrator.BeatSeconds"/>.</param>
    /// <param name="refusal">The sentence that refuses the start.</param>
    /// <exception cref="StartRefusedException">The other service runs.</exception>
    public static async Task RequireNoneAsync(
        Func<Task<BeatingIncarnation?>> find, Func<BeatingIncarnation, string> refusal, TimeProvider time, ILogger log,
        CancellationToken cancellationToken)
    {
        if (await find() is not { } first)
            return;
        log.OtherServiceAwaited(first.Host, first.Store, Migrator.BeatSeconds);
        while (await find() is { } now)
        {
            if (now != first)
                throw new StartRefusedException(refusal(now));
            await Task.Delay(Poll, time, cancellationToken);
        }
    }
}
