namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>Launches a postmaster and waits until it reports that it is ready.</summary>
internal static class PostmasterStart
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// setsid keeps Ctrl-C from the database: Ctrl-C reaches the whole foreground group, and the database must outlive the service's drain.
    /// The shell replaces itself twice by exec, so the child that we start becomes the postmaster.
    /// </summary>
    private const string Script = "umask 077; log=$1; shift; exec >\"$log\" 2>&1 </dev/null; exec setsid \"$@\"";

    /// <remarks>Cannot be cancelled, because a cancelled launch could leave an unknown child. It takes some milliseconds.</remarks>
    /// <returns>Null if the postmaster ended before it could be identified.</returns>
    public static async Task<Postmaster?> LaunchAsync(ClusterPlace place, IReadOnlyList<string> commandLine)
    {
        ClusterFolders.Make(Path.Combine(place.Directory, "log"), place.Account);
        ClusterFolders.MakeForSocket(place);
        using var child =
            Command.Start("/bin/sh", ["-c", Script, "sh", ClusterLog.StartPath(place.Directory), .. commandLine], place.Account);
        var process = child.Id;
        child.StandardInput.Close();

        // Until both exec calls are done, the command line is the shell's.
        while (Postmaster.Of(process) is { } found)
        {
            if (found.CommandLine.SequenceEqual(commandLine))
                return found;
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        return null;
    }

    /// <returns>False if the postmaster has ended, is stopping, or is not ready in time.</returns>
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
