namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>
/// Reads what PostgreSQL wrote while it started. Its standard error goes to <c>log/start.log</c> until its own log takes over.
/// </summary>
internal static class ClusterLog
{
    public static string StartPath(string cluster) => Path.Combine(cluster, "log", "start.log");

    public static string Everything(string cluster)
    {
        var directory = Path.Combine(cluster, "log");
        if (!Directory.Exists(directory))
            return "";

        var newest = Directory.GetFiles(directory, "postgresql-*.log").OrderBy(File.GetLastWriteTimeUtc).LastOrDefault();
        return Tail(newest) + Tail(StartPath(cluster));
    }

    /// <summary>The last line that says why the start failed.</summary>
    public static string Complaint(string cluster)
    {
        var lines = Everything(cluster).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var fatal = lines.LastOrDefault(
            line => line.Contains("FATAL:", StringComparison.Ordinal) || line.Contains("PANIC:", StringComparison.Ordinal))
            ?? lines.LastOrDefault()
            ?? "its log is empty";
        var text = fatal.IndexOf("FATAL:", StringComparison.Ordinal) is >= 0 and var at ? fatal[(at + "FATAL:".Length)..] : fatal;
        return text.Trim();
    }

    private static string Tail(string? path)
    {
        const int most = 64 << 10;

        if (path is null || !File.Exists(path))
            return "";
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(most, file.Length), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
