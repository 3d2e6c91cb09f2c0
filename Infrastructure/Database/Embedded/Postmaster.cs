using System.Globalization;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>
/// A running PostgreSQL server, known by its pid and the tick it began at, so that a later process with the same pid is never
/// taken for it. It need not be our child: one outlives a service that is killed.
/// </summary>
internal sealed record Postmaster(int ProcessId, ulong Began, IReadOnlyList<string> CommandLine)
{
    /// <summary>The lines of postmaster.pid: pid, folder, start, port, socket folder, address, shared memory, status.</summary>
    private const int StatusLine = 7;

    private static readonly TimeSpan MomentOfWriting = TimeSpan.FromSeconds(1);

    public bool IsAlive
    {
        get
        {
            try
            {
                return BeganAt(ProcessId) == Began;
            }
            catch (IOException)
            {
                // As when there is no descriptor left: that there is such a process can be asked without one.
                return Libc.Kill(ProcessId, 0) == 0;
            }
        }
    }

    public void Signal(int signal)
    {
        if (IsAlive)
            _ = Libc.Kill(ProcessId, signal);
    }

    /// <summary>The server that <c>postmaster.pid</c> names, if that process is one and is this cluster's.</summary>
    public static Postmaster? Find(string cluster)
    {
        var lines = PidFile(cluster);
        return lines is [var first, ..] && ParsePid(first) is { } process && Of(process) is { } postmaster && postmaster.Serves(cluster)
            ? postmaster
            : null;
    }

    public static Postmaster? Of(int process) =>
        BeganAt(process) is { } began && CommandLineOf(process) is { Length: > 0 } line ? new Postmaster(process, began, line) : null;

    /// <summary>"starting", "ready", "stopping" or "standby"; null before it says anything.</summary>
    public string? Status(string cluster)
    {
        var lines = PidFile(cluster);
        return lines.Length > StatusLine && ParsePid(lines[0]) == ProcessId ? lines[StatusLine].Trim() : null;
    }

    /// <summary>
    /// Removes a postmaster.pid whose pid now belongs to a program that is no PostgreSQL, which happens after a restart of a
    /// machine or container: PostgreSQL would take that program for a server and refuse. In all other cases it decides itself.
    /// </summary>
    public static void ForgetStranger(string cluster)
    {
        if (PidFile(cluster) is [var first, ..] && ParsePid(first) is { } process && Of(process) is { } stranger && !stranger.IsPostgres)
            File.Delete(PidPath(cluster));
    }

    /// <summary>
    /// Removes a postmaster.pid without a word in it, which a server that was killed between making and writing it leaves. PostgreSQL would
    /// refuse for ever; a server that is just writing it, moments after it made it, is left alone.
    /// </summary>
    public static void ForgetEmpty(string cluster)
    {
        var file = new FileInfo(PidPath(cluster));
        if (file is { Exists: true, Length: 0 } && TimeProvider.System.GetUtcNow() - file.LastWriteTimeUtc > MomentOfWriting)
            file.Delete();
    }

    private bool IsPostgres => Path.GetFileName(CommandLine[0]) is "postgres" or "postmaster" || CommandLine[0]
        .StartsWith("postgres:", StringComparison.Ordinal);

    // /proc/<pid>/cmdline is open to everybody; cwd and exe are not, even to root in many a container.
    private bool Serves(string cluster)
    {
        if (Path.GetFileName(CommandLine[0]) is not ("postgres" or "postmaster"))
            return false;
        for (var index = 1; index < CommandLine.Count - 1; index++)
        {
            if (CommandLine[index] == "-D")
                return CommandLine[index + 1] == cluster;
        }

        return false;
    }

    private static string PidPath(string cluster) => Path.Combine(cluster, "postmaster.pid");

    private static string[] PidFile(string cluster)
    {
        try
        {
            return File.ReadAllLines(PidPath(cluster));
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static int? ParsePid(string line) =>
        int.TryParse(line, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var process) ? Math.Abs(process) : null;

    private static string[] CommandLineOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").TrimEnd('\0').Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }

    // Field 22 of proc_pid_stat(5); the name in parentheses may hold anything. A zombie (Z) has ended.
    private static ulong? BeganAt(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : ulong.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (IOException gone) when (gone is FileNotFoundException or DirectoryNotFoundException || gone.HResult == Errno.NoSuchProcess)
        {
            // Anything else, as when there is no descriptor, says nothing of the process.
            return null;
        }
    }
}
