using System.Diagnostics;
using System.Security.Cryptography;

namespace ChunkUpload.Demo;

/// <summary>
/// A project in which an agent, as a process of its own with a state of its own, serves a folder of a laptop, and a member asks for files:
/// one comes as soon as the member looks, a file and a folder wait for an answer.
/// </summary>
internal sealed class SampleProject(Uri service, string folder) : IAsyncDisposable
{
    public const string Name = "Skagen 2026";

    private const string Place = "/line-14";
    // Path, KiB.
    private static readonly (string Path, int Size)[] Files =
    [
        ("line-14_sonar.xtf", 6200), ("line-14_track.csv", 90), ("notes.md", 4), ("raw/dive-03_deck-camera.mov", 9100),
        ("raw/dive-04_deck-camera.mov", 7300), ("raw/stills/pier-07.jpg", 800), ("raw/stills/pier-08.jpg", 760),
    ];

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private Process? _agent;

    /// <param name="owner">The person whose laptop it is, with the key of its agent.</param>
    /// <param name="member">The person who asks.</param>
    public async Task FillAsync(Caller owner, Caller member, CancellationToken cancellationToken)
    {
        var project = (await owner.PostAsync("api/projects", new { name = Name }, cancellationToken)).GetProperty("id").GetString()!;
        _ = await owner.SendAsync(
            HttpMethod.Put, $"api/projects/{project}/members/{Uri.EscapeDataString(member.Subject)}", new { can_change = true },
            cancellationToken);
        var keyFile = Path.Combine(folder, "laptop.key");
        _ = Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(keyFile, owner.Key, cancellationToken);
        var shared = Path.Combine(folder, "line-14");
        foreach (var (path, size) in Files)
        {
            var file = Path.Combine(shared, path);
            _ = Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(size << 10), cancellationToken);
        }

        _agent = Start("agent");
        await ServeAsync(shared, project, keyFile, cancellationToken);
        var served = await ListedAsync(owner, project, cancellationToken);
        await AskAsync(member, project, "/line-14_track.csv", cancellationToken);
        // What has a rule needs no answer: this one comes as soon as the member looks.
        _ = await owner.SendAsync(
            HttpMethod.Patch, $"api/projects/{project}/folders/{served}", new { approval = "always" }, cancellationToken);
        await AskAsync(member, project, "/line-14_sonar.xtf", cancellationToken);
        _ = await owner.SendAsync(
            HttpMethod.Patch, $"api/projects/{project}/folders/{served}", new { approval = "ask" }, cancellationToken);
        _ = await member.PostAsync(
            $"api/projects/{project}/files/download", new { prefix = $"{Place}/raw/" }, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is null)
            return;
        if (!_agent.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_agent.Id}"]);
            await kill.WaitForExitAsync();
            await _agent.WaitForExitAsync();
        }

        _agent.Dispose();
    }

    private static async Task AskAsync(Caller member, string project, string path, CancellationToken cancellationToken) =>
        _ = await member.PostAsync(
            $"api/projects/{project}/files/download", new { file_path = Place + path, request_mode = "full" }, cancellationToken);

    /// <summary>Asks until the agent has begun, which takes a moment.</summary>
    private async Task ServeAsync(string shared, string project, string keyFile, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            using var serve = Start(
                "agent", "serve", shared, "--project", project, "--at", Place, "--url", service.AbsoluteUri, "--key-file", keyFile);
            var said = await serve.StandardError.ReadToEndAsync(cancellationToken);
            await serve.WaitForExitAsync(cancellationToken);
            if (serve.ExitCode == 0)
                return;
            if (_agent!.HasExited || tries == 50)
                throw new DemoException($"cu agent serve has failed: {said}");
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }
    }

    /// <returns>The served folder, once its list is whole.</returns>
    private static async Task<string> ListedAsync(Caller owner, string project, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = await owner.SendAsync(HttpMethod.Get, $"api/projects/{project}", null, cancellationToken);
            var folders = now.GetProperty("folders");
            if (folders.GetArrayLength() > 0 && folders[0].GetProperty("files").GetInt64() == Files.Length)
                return folders[0].GetProperty("id").GetString()!;
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }
    }

    private static string Beside(string name) => Path.Combine(AppContext.BaseDirectory, name);

    /// <summary>Starts cu with a state of its own: an agent of the person who runs the demo is left alone.</summary>
    private Process Start(params string[] arguments)
    {
        var host = Path.GetFileNameWithoutExtension(Environment.GetCommandLineArgs()[0]);
        var start = new ProcessStartInfo("dotnet",
        [
            "exec", "--runtimeconfig", Beside($"{host}.runtimeconfig.json"), "--depsfile", Beside($"{host}.deps.json"), Beside("cu.dll"),
            .. arguments,
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, place) in ((string, string)[])
            [("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")])
            start.Environment[name] = Directory.CreateDirectory(Path.Combine(folder, place)).FullName;
        foreach (var name in (string[])["CU_URL", "CU_KEY", "CU_KEY_FILE", "CU_PROFILE"])
            _ = start.Environment.Remove(name);
        var process = Process.Start(start)!;
        if (arguments is ["agent"])
        {
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        return process;
    }
}
