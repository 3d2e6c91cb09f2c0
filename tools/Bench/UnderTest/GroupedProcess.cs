using System.Diagnostics;

namespace ChunkUpload.Bench.UnderTest;

/// <summary>A program that runs in a control group from its first instruction on.</summary>
internal sealed class GroupedProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private GroupedProcess(Process process) => _process = process;

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    public static GroupedProcess Start(ControlGroup group, string folder, params string[] command)
    {
        var start = StartInfo(group, command);
        start.WorkingDirectory = folder;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return new GroupedProcess(Process.Start(start)!);
    }

    /// <summary>A shell moves itself into the group and then executes the program.</summary>
    public static ProcessStartInfo StartInfo(ControlGroup group, params string[] command) =>
        new("/bin/sh", ["-c", "echo $$ >\"$0\" && exec \"$@\"", group.ProcessesFile, .. command]);

    public async Task<string> FirstLineAsync(CancellationToken cancellationToken) =>
        await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new BenchException("A server ended before it had said where it listens.");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Most programs end with their input; the process may be gone before the signal.
            _process.StandardInput.Close();
            using var kill = Process.Start(new ProcessStartInfo("kill", ["-TERM", $"{_process.Id}"]) { RedirectStandardError = true })!;
            await kill.WaitForExitAsync(CancellationToken.None);
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, TimeProvider.System);
        }

        _process.Dispose();
    }
}
