using System.Globalization;

namespace ChunkUpload.Api.Hosting;

/// <summary>Derives the number of connections from the process's limit on open files (RLIMIT_NOFILE).</summary>
internal static class OpenFiles
{
    // The descriptors that the service itself needs: the runtime opens each of some 225 libraries twice and keeps both; then the store's
    // folders, the database connections and the reserve for the runtime.
    public const long Own = 640;
    private const long Fewest = 16;

    /// <summary>
    /// Returns the reason not to start with this limit. With fewer descriptors the runtime fails to open its own libraries, at the start or
    /// in a later request, and the process aborts.
    /// </summary>
    public static string? Refusal(long? limit) => limit < Own
        ? $"This process may open {limit} files and needs {Own}: raise the limit (ulimit -Hn, LimitNOFILE= of systemd, --ulimit nofile= "
            + $"of docker)."
        : null;

    /// <summary>
    /// Returns the number of connections to accept: each needs one descriptor for its socket and one for its file. Further connections are
    /// closed at once.
    /// </summary>
    public static long Connections(long limit) => Math.Max(Fewest, (limit - Own) / 2);

    /// <summary>Returns the limit in force; null if there is none.</summary>
    public static long? Limit() => Limit(File.ReadLines("/proc/self/limits"));

    public static long? Limit(IEnumerable<string> limits)
    {
        // "Max open files            1024                 1048576              files"
        var line = limits.FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, var soft, ..]
            && long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : null;
    }
}
