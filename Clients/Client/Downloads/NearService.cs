using ChunkUpload.Client.Http;

namespace ChunkUpload.Client.Downloads;

/// <summary>
/// Finds out whether a service is so near that one connection uses the whole line. Several connections that write to one file would only
/// wait for each other.
/// </summary>
internal sealed class NearService(ServiceCalls calls, TimeProvider time)
{
    private const long LeastSize = 64 << 20;
    private const int Tries = 3;

    private static readonly TimeSpan NearTime = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan FarTime = TimeSpan.FromMilliseconds(30);

    /// <summary>Asks until an answer is so fast that only a near service gives it, or so slow that no near one does.</summary>
    public async Task<bool> IsNearAsync(RemoteFile file, CancellationToken stop)
    {
        if (file.Size < LeastSize)
            return false;
        for (var left = Tries; left > 0; left--)
        {
            var began = time.GetTimestamp();
            try
            {
                _ = await calls.SendAsync(calls.Request(HttpMethod.Head, file.Address), stop);
            }
            catch (TransferException)
            {
                // The download itself reports the error.
                return false;
            }

            var took = time.GetElapsedTime(began);
            if (took < NearTime)
                return true;
            if (took > FarTime)
                return false;
        }

        return false;
    }
}
