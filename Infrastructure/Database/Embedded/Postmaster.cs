using System.Globalization;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>
/// A running PostgreSQL server, identified by its pid and start tick, so that a later process with the same pid is never taken for it. It
/// need not be our child, because it outlives a service that is killed.
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
                // /proc could not be read, for example without a free descriptor. kill(2) needs none.
                return Libc.Kill(ProcessId, 0) == 0;
            }
        }
    }

    public void Signal(int signal)
    {
        if (IsAlive)
            _ = Libc.Kill(ProcessId, signal);
    }

    /// <summary>The server that <c>postmaster.pid</c> names, if that process is a postmaster of this cluster.</summary>
    public static Postmaster? Find(string cluster)
    {
        var lines = PidFile(cluster);
        return lines is [var first, ..] && ParsePid(first) is { } process && Of(process) is { } postmaster && postmaster.Serves(cluster)
            ? postmaster
            : null;
    }

    public static Postmaster? Of(int process) =>
        BeganAt(process) is { } began && CommandLineOf(process) is { Length: > 0 } line ? new Postmaster(process, began, line) : null;

    /// <summary>"starting", "ready", "stopping" or "standby"; null before the server has written its status.</summary>
    public string? Status(string cluster)
    {
        var lines = PidFile(cluster);
        return lines.Length > StatusLine && ParsePid(lines[0]) == ProcessId ? lines[StatusLine].Trim() : null;
    }

    /// <summary>
    /// Removes a postmaster.pid whose pid now belongs to a program other than PostgreSQL, as happens after a restart of the machine or
    /// container. PostgreSQL would take that program for a server and refuse to start. In all other cases PostgreSQL decides itself.
    /// </summary>
    public static void ForgetStranger(string cluster)
    {
        if (PidFile(cluster) is [var first, ..] && ParsePid(first) is { } process && Of(process) is { } stranger && !stranger.IsPostgres)
            File.Delete(PidPath(cluster));
    }

    /// <summary>
    /// Removes an empty postmaster.pid, which a server leaves that was killed between creating and writing it. PostgreSQL would refuse to
    /// start for ever. A recently created file is left alone, because a server may be about to write it.
    /// </summary>
    public static void ForgetEmpty(string cluster)
    {
        var file = new FileInfo(PidPath(cluster));
        if (file is { Exists: true, Length: 0 } && TimeProvider.System.GetUtcNow() - file.LastWriteTimeUtc > MomentOfWriting)
            file.Delete();
    }

    private bool IsPostgres => Path.GetFileName(CommandLine[0]) is "postgres" or "postmaster" || CommandLine[0]
        .StartsWith("postgres:", StringComparison.Ordinal);

    // All users can read /proc/<pid>/cmdline. They cannot read cwd and exe, and in many containers even root cannot.
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
            // Any other error, such as a lack of descriptors, says nothing about the process.
            return null;
        }
    }
}
