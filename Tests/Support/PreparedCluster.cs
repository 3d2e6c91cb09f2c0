using System.Diagnostics;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Database.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// A private cluster with the newest tables that no service has used. A service that finds a copy of it in its data directory does not have
/// to create its own, which takes several times as long as the rest of the start.
/// </summary>
internal static class PreparedCluster
{
    private static readonly Lazy<Task<string>> Instance = new(MakeAsync);

    /// <summary>Copies it into a data directory that has none.</summary>
    public static async Task CopyAsync(string dataDirectory)
    {
        Directory.CreateDirectory(dataDirectory);
        using var copy = Process.Start("cp", ["-a", await Instance.Value, Path.Combine(dataDirectory, "postgres")]);
        await copy.WaitForExitAsync();
        Assert.Equal(0, copy.ExitCode);
    }

    private static async Task<string> MakeAsync()
    {
        var folder = RunFolder.CreateFolder();
        await using var postgres =
            new EmbeddedPostgres(folder, Guid.NewGuid(), new DatabaseOptions(), NullLogger<EmbeddedPostgres>.Instance);
        await postgres.StartAsync(CancellationToken.None);
        await SharedCluster.MigrateAsync(postgres.ConnectionString);
        return postgres.Directory;
    }
}
