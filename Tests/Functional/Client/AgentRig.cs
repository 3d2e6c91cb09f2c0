using System.Collections.Concurrent;
using System.Diagnostics;
using ChunkUpload.Agent;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The agent of a user's machine, as a process, and what the user asks it.</summary>
internal sealed class AgentRig(TestService service, string? space = null) : IAsyncDisposable
{
    private Process? _agent;

    public ClientRig Machine { get; } = new() { Namespace = space };

    public AgentPlace Place => new(
        Path.Combine(Machine.Folder, "chunkupload", "agent.sock"), Path.Combine(Machine.States, "agent"));

    public int? ProcessId => _agent?.Id;

    /// <summary>The standard error of the agent.</summary>
    public ConcurrentQueue<string> Notes { get; } = new();

    public string KeyFile => service.KeyFile;

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Machine.Dispose();
    }

    /// <summary>Starts it, and waits until it answers.</summary>
    public async Task StartAsync(params string[] arguments)
    {
        _agent = Process.Start(Machine.Start(["agent", .. arguments]))!;
        _agent.OutputDataReceived += (_, _) => { };
        _agent.ErrorDataReceived += (_, line) => Notes.Enqueue(line.Data ?? "");
        _agent.BeginOutputReadLine();
        _agent.BeginErrorReadLine();
        await Eventually.HoldsAsync(async () =>
        {
            Assert.False(_agent.HasExited, "The agent has ended.");
            using var client = await AgentClient.TryConnectAsync(Place, CancellationToken.None);
            return client is not null;
        });
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (_agent is null)
            return;
        _agent.Kill();
        await _agent.WaitForExitAsync();
        _agent.Dispose();
        _agent = null;
    }

    public async Task<int> ExitAsync()
    {
        await _agent!.WaitForExitAsync().WaitAsync(Eventually.Limit);
        return _agent.ExitCode;
    }

    public async Task<AgentAnswer> AskAsync(AgentRequest request)
    {
        using var client = await AgentClient.ConnectAsync(Place, CancellationToken.None);
        return await client.AskAsync(request, CancellationToken.None);
    }

    public async Task<IReadOnlyList<EntryView>> EntriesAsync() => (await AskAsync(new AgentRequest { Do = Protocol.List })).Entries!;

    public Task EventuallyAsync(Func<IReadOnlyList<EntryView>, bool> holds) =>
        Eventually.HoldsAsync(async () => holds(await EntriesAsync()));

    /// <summary>An upload, as cu up leaves it to the agent.</summary>
    public Addition Addition(Uri address, string file, string path, Plan? plan = null) => new(
        new QueuedWork { IsUp = true, Local = Machine.At(file), Remote = path, Url = address.AbsoluteUri, KeyFile = KeyFile },
        plan ?? new Plan());

    public Task AddAsync(Uri address, string file, string path, Plan? plan = null) => AskAsync(
        new AgentRequest { Do = Protocol.Add, Additions = [Addition(address, file, path, plan)] });

    public Task<(int Code, string Output, string Errors)> CuAsync(Uri address, params string[] arguments) =>
        Machine.RunCuAsync(address, KeyFile, arguments);
}
