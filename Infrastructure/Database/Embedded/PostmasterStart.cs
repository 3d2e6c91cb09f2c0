
namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>Launches a postmaster and waits until it says that it is ready.</summary>
internal static class PostmasterStart
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// setsid: Ctrl-C on the terminal reaches the whole foreground group, and the database must outlive the service's drain. The shell
    /// replaces itself twice, so the child that we start is the postmaster.
    /// </summary>
    private const string Script = "umask 077; log=$1; shift; exec >\"$log\" 2>&1 </dev/null; exec setsid \"$@\"";

    /// <remarks>Not to be cancelled: a child that nobody knows would be left. It takes some milliseconds.</remarks>
    /// <returns>Null when it ended before it could be looked at.</returns>
    public static async Task<Postmaster?> LaunchAsync(ClusterPlace place, IReadOnlyList<string> commandLine)
    {
        ClusterFolders.Make(Path.Combine(place.Directory, "log"), place.Account);
        ClusterFolders.MakeForSocket(place);
        using var child =
            Command.Start("/bin/sh", ["-c", Script, "sh", ClusterLog.StartPath(place.Directory), .. commandLine], place.Account);
        var process = child.Id;
        child.StandardInput.Close();

        // Until both programs have been replaced, the command line is the shell's.
        while (Postmaster.Of(process) is { } found)
        {
            if (found.CommandLine.SequenceEqual(commandLine))
                return found;
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        return null;
    }

    /// <returns>False when it ended, is ending, or is not ready in time.</returns>
    public static async Task<bool> WaitAsync(
        Postmaster postmaster, string cluster, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (postmaster.IsAlive)
        {
            switch (postmaster.Status(cluster))
            {
                case "ready":
                    return true;
                case "stopping":
                    return false;
            }

            if (time.GetElapsedTime(began) > patience)
                return false;
            await Task.Delay(Pause, time, cancellationToken);
        }

        return false;
    }
}
