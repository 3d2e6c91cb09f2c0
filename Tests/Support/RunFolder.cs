using System.Diagnostics;

namespace ChunkUpload.Tests.Support;

/// <summary>Folders of a run of tests. They are removed when it ends in any way.</summary>
internal static class RunFolder
{
    private static readonly Lazy<string> Own = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("chunkupload-run-").FullName;
        MakePassable(folder);
        RemoveAtEnd(folder);
        return folder;
    });

    /// <summary>A new folder. PostgreSQL's user may pass through it even when the tests run as root.</summary>
    public static string CreateFolder()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Own.Value, Path.GetRandomFileName())).FullName;
        MakePassable(folder);
        return folder;
    }

    public static void MakePassable(string folder) =>
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    /// <summary>
    /// A shell waits for the end of its input, which also comes when the run is killed, stops a PostgreSQL server that runs in the folder,
    /// and deletes it.
    /// </summary>
    public static void RemoveAtEnd(string folder)
    {
        const string script = """
            read -r line
            if read -r server < "$1/postgres/postmaster.pid"; then
                kill -QUIT "$server"
                for turn in $(seq 200); do kill -0 "$server" || break; sleep 0.05; done
            fi
            rm -rf "$1"
            """;

        var start = new ProcessStartInfo("/usr/bin/setsid", ["/bin/sh", "-c", script, "sh", folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var reaper = Process.Start(start)!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            reaper.StandardInput.Close();
            reaper.WaitForExit(TimeSpan.FromSeconds(10));
        };
    }
}
