using System.Diagnostics;

namespace ChunkUpload.Tests.Support;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Paths below the root as git knows them; without git, every file except build output.</summary>
    public static IReadOnlyList<string> TrackedFiles()
    {
        using var git = Process.Start(
            new ProcessStartInfo("git", ["-C", Root, "-c", "safe.directory=*", "ls-files"]) { RedirectStandardOutput = true })!;
        var files = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        Assert.NotEmpty(files);
        return files;
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ChunkUpload.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The tests run outside a checkout.");
    }
}
