using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ChunkUpload.Bench.UnderTest;

/// <summary>The built service as a process with its embedded database, on a free port.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(Process process, string dataDirectory) => (_process, DataDirectory) = (process, dataDirectory);

    public string DataDirectory { get; }

    public int ProcessId => _process.Id;

    public Uri Address => _ready.Task.Result;

    public string Key => File.ReadAllText(Path.Combine(DataDirectory, "operator.key")).Trim();

    /// <summary>The time from the start of the process until it reported that it is ready.</summary>
    public TimeSpan StartTime { get; private set; }

    public int Postmaster =>
        int.Parse(File.ReadLines(Path.Combine(DataDirectory, "postgres", "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>Starts the service through <c>tools/run</c>, as an operator does.</summary>
    /// <param name="group">The group that counts the CPU time of the service and all its children.</param>
    public static async Task<ServiceProcess> StartAsync(
        BenchOptions options, string dataDirectory, CancellationToken cancellationToken, ControlGroup? group = null)
    {
        string[] command = [Path.Combine(options.Root, "tools", "run"), "serve", "--data", dataDirectory, "--urls", "http://127.0.0.1:0",
            .. options.Settings];
        var start = group is null ? new ProcessStartInfo(command[0], command[1..]) : GroupedProcess.StartInfo(group, command);
        Prepare(start, options);
        var service = new ServiceProcess(new Process { StartInfo = start }, dataDirectory);
        var began = TimeProvider.System.GetTimestamp();
        service._process.OutputDataReceived += (_, line) => service.Take(line.Data, began);
        service._process.ErrorDataReceived += (_, line) => service.Take(line.Data, began);
        _ = service._process.Start();
        service._process.BeginOutputReadLine();
        service._process.BeginErrorReadLine();
        try
        {
            var ended = service._process.WaitForExitAsync(cancellationToken);
            if (await Task.WhenAny(service._ready.Task, ended).WaitAsync(Patience, TimeProvider.System, cancellationToken) == ended)
                throw new BenchException($"The service ended before it was ready:\n{string.Join('\n', service._output)}");
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs another verb of the service to its end.</summary>
    /// <exception cref="BenchException">It was refused.</exception>
    public static async Task RunAsync(BenchOptions options, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Path.Combine(options.Root, "tools", "run"), command);
        Prepare(start, options);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new BenchException($"{start.ArgumentList[0]} ended with code {process.ExitCode}: {text}{await errors}");
    }

    /// <summary>Waits until the service has logged a text.</summary>
    /// <param name="times">The number of lines that must contain it.</param>
    public async Task SaidAsync(string text, int times, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (_output.Count(line => line.Contains(text, StringComparison.Ordinal)) < times)
        {
            if (_process.HasExited || TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new BenchException($"The service did not say \"{text}\":\n{string.Join('\n', _output.TakeLast(20))}");
            await Task.Delay(BetweenLooks, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Kills the service. It is not disposed of any more.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>A connection string to a database of this service's embedded cluster, for another service.</summary>
    public string ConnectionTo(string database)
    {
        var facts = File.ReadAllLines(Path.Combine(DataDirectory, "postgres", "postmaster.pid"));
        return $"Host={facts[4]};Port={facts[3]};Username=chunkupload;Database={database}";
    }

    /// <summary>Reads one value from the ledger, or executes one statement, over the embedded cluster's own socket.</summary>
    public string Ask(string sql, string database = "chunkupload")
    {
        var facts = File.ReadAllLines(Path.Combine(DataDirectory, "postgres", "postmaster.pid"));
        var program = Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin", "psql"))
            .LastOrDefault(File.Exists) ?? "psql";
        using var process = Process.Start(new ProcessStartInfo(
            program, ["-h", facts[4], "-p", facts[3], "-U", "chunkupload", "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1", "-f", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Write(sql);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var answer = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? answer : throw new BenchException($"psql: {errors.Result}");
    }

    public long PeakBytes() => ProcessFacts.PeakBytes(ProcessId);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{ProcessId}"]);
            await kill.WaitForExitAsync(CancellationToken.None);
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, TimeProvider.System);
        }

        var code = _process.ExitCode;
        _process.Dispose();
        foreach (var same in _output.Where(line => Complaint().IsMatch(line))
            .GroupBy(line => line[line.IndexOf(' ', StringComparison.Ordinal)..]))
            await Console.Error.WriteLineAsync($"  the service said{(same.Count() > 1 ? $" {same.Count()} times" : "")}: {same.First()}");
        if (code != 0)
            throw new BenchException($"The service ended with code {code}:\n{string.Join('\n', _output.TakeLast(20))}");
    }

    private static void Prepare(ProcessStartInfo start, BenchOptions options)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        // The caller's own configuration must not affect the measurement.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ChunkUpload__", StringComparison.OrdinalIgnoreCase))
            .ToList())
            _ = start.Environment.Remove(name);
        foreach (var (name, value) in options.Environment)
            start.Environment[name] = value;
    }

    private void Take(string? line, long began)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (_ready.Task.IsCompleted || ReadyLine().Match(line) is not { Success: true } match)
            return;
        StartTime = TimeProvider.System.GetElapsedTime(began);
        _ = _ready.TrySetResult(new Uri(match.Groups[1].Value));
    }

    // The console format's levels; the lines after an exception's first are left out.
    [GeneratedRegex("^[0-9:.]+ (warn|error|fatal) ")]
    private static partial Regex Complaint();

    [GeneratedRegex("is ready: (https?://[^ ,\"]+)")]
    private static partial Regex ReadyLine();
}
