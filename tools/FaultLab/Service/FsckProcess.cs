using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>
/// A process that checks one disk after another with the service's own fsck: for disks as small as these, starting a process would take
/// longer than the check.
/// </summary>
internal sealed class FsckProcess : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Sweeping = TimeSpan.FromSeconds(30);

    private readonly LabRun _run;
    private readonly Process _process;

    public FsckProcess(LabRun run)
    {
        _run = run;
        _process = Shell.Begin("dotnet", [Environment.GetCommandLineArgs()[0], "fsck"]);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
                run.Tell("fsck: " + text);
        };
        _process.BeginErrorReadLine();
    }

    /// <summary>
    /// The process itself: each input line is a data directory; each output line is the exit code and the output of fsck.
    /// </summary>
    public static async Task<int> MainAsync()
    {
        var answers = Console.Out;
        while (await Console.In.ReadLineAsync() is { } data)
        {
            await using var said = new StringWriter();
            Console.SetOut(said);
            var code = await Api.Program.Main(["fsck", "--deep", "--json", "--data", data]);
            await answers.WriteLineAsync(JsonSerializer.Serialize(new JsonArray(code, said.ToString())));
        }

        return 0;
    }

    /// <summary>
    /// Compares the ledger with the disk and reads every byte. If the service has not yet swept files that its previous incarnation left
    /// without a row, checks only for those again later: they must be gone in the end.
    /// </summary>
    public async Task LookAsync(string data, CancellationToken cancellationToken)
    {
        var (code, said) = await AskAsync(data, cancellationToken);
        for (var began = TimeProvider.System.GetTimestamp(); code == 1 && AllAreOrphans(said)
            && TimeProvider.System.GetElapsedTime(began) < Sweeping; (code, said) = await AskAsync(data, cancellationToken))
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        _run.Check(code == 0, $"fsck ended with {code}: {said}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static bool AllAreOrphans(string said) =>
        JsonNode.Parse(said)!["findings"]!.AsArray().All(finding => finding!["code"]!.ToString() == "orphan-file");

    private async Task<(int Code, string Said)> AskAsync(string data, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(data.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        var answer = JsonNode.Parse(
            await _process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new LabException("fsck's process has ended."))!;
        return (answer[0]!.GetValue<int>(), answer[1]!.GetValue<string>());
    }
}
