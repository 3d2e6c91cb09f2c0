using System.Globalization;

namespace ChunkUpload.Api.Hosting;

/// <summary>What the process's limit on open files (RLIMIT_NOFILE) leaves for connections.</summary>
internal static class OpenFiles
{
    // The runtime holds each of its libraries open, some 350; the store's folders, the pool of database connections.
    private const long Own = 512;
    private const long Fewest = 16;

    /// <summary>
    /// Why a process with this limit is not to begin: with fewer the runtime finds no descriptor for its own libraries, at the start or
    /// with some later request, and ends in the middle of it.
    /// </summary>
    public static string? Refusal(long? limit) => limit < Own
        ? $"This process may open {limit} files and needs {Own}: raise the limit (ulimit -Hn, LimitNOFILE= of systemd, --ulimit nofile= "
            + $"of docker)."
        : null;

    /// <summary>
    /// A connection takes one descriptor, and the file that it writes or reads another; beyond that new ones are closed at once.
    /// </summary>
    public static long Connections(long limit) => Math.Max(Fewest, (limit - Own) / 2);

    /// <summary>The limit in force; null where none is.</summary>
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
