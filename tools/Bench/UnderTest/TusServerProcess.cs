using System.Diagnostics;
using System.Globalization;

namespace ChunkUpload.Bench.UnderTest;

/// <summary>The npm package @tus/server as a process, for comparison.</summary>
internal sealed class TusServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private TusServerProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public static async Task<TusServerProcess> StartAsync(BenchOptions options, string dataDirectory, CancellationToken cancellationToken)
    {
        _ = Directory.CreateDirectory(dataDirectory);
        var process = Process.Start(new ProcessStartInfo("node", ["server.mjs", dataDirectory])
        {
            WorkingDirectory = Home(options),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        return await process.StandardOutput.ReadLineAsync(cancellationToken) is { } port
            ? new TusServerProcess(process, new Uri($"http://127.0.0.1:{int.Parse(port, CultureInfo.InvariantCulture)}"))
            : throw new BenchException("@tus/server did not start.");
    }

    /// <summary>The folder of its packages.</summary>
    public static string Home(BenchOptions options)
    {
        var folder = Path.Combine(options.Root, "tools", "Bench", "TusServer");
        return Directory.Exists(Path.Combine(folder, "node_modules", "@tus", "server"))
            ? folder
            : throw new BenchException("The packages of tools/Bench/TusServer are not there: node 20.19 or newer and npm are needed.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
