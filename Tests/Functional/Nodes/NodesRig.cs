using System.Globalization;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Nodes;

/// <summary>Services as processes on one ledger, each with a data directory of its own.</summary>
internal sealed class NodesRig(string database) : IAsyncDisposable
{
    private static readonly string[] Secrets = ["operator.key", "cookie.key"];

    private readonly TempFolder _folder = new TempFolder().Passable();
    private readonly Dictionary<string, ServiceProcess> _running = [];
    private string? _first;

    public string Database => database;

    public ServiceProcess this[string name] => _running[name];

    public static Task<NodesRig> StartAsync(PostgresFixture postgres, params string[] names) => StartAsync(postgres, [], names);

    /// <param name="settings">Of every node.</param>
    public static async Task<NodesRig> StartAsync(
        PostgresFixture postgres, (string Name, string Value)[] settings, params string[] names)
    {
        var rig = new NodesRig(await postgres.CreateDatabaseAsync());
        try
        {
            foreach (var name in names)
            {
                await rig.AddAsync(name);
                _ = await rig.StartAsync(name, settings);
            }

            foreach (var name in names)
            {
                foreach (var other in names.Where(other => other != name))
                    await rig[name].WaitForLineAsync($"The node {other} at 127.0.0.1");
            }

            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    public string Directory(string name) => _folder[name];

    public Dictionary<string, string> Settings(string name, params (string Name, string Value)[] more)
    {
        var all = new Dictionary<string, string>
        {
            ["ChunkUpload__ConnectionStrings__Ledger"] = database,
            ["ChunkUpload__Cluster__Node"] = name,
            ["ChunkUpload__Cluster__Listen"] = "127.0.0.1:0",
        };
        foreach (var (setting, value) in more)
            all[$"ChunkUpload__{setting.Replace(":", "__", StringComparison.Ordinal)}"] = value;
        return all;
    }

    /// <summary>Makes the data directory of a new node, as its operator does.</summary>
    public async Task AddAsync(string name)
    {
        if (_first is { } first)
        {
            await using var added = ServiceProcess.Launch(Directory(name), ["add-volume"], Settings(name));
            Assert.True(await added.ExitCodeAsync() == 0, added.Output);
            CopySecrets(first, name);
        }

        _first ??= name;
    }

    public void CopySecrets(string from, string to)
    {
        // A service that is open has no operator.key.
        foreach (var secret in Secrets.Where(secret => File.Exists(Path.Combine(Directory(from), secret))))
        {
            var copy = Path.Combine(Directory(to), secret);
            File.WriteAllBytes(copy, File.ReadAllBytes(Path.Combine(Directory(from), secret)));
            File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    public async Task<ServiceProcess> StartAsync(string name, params (string Name, string Value)[] settings) =>
        _running[name] = await ServiceProcess.StartAsync(Directory(name), environment: Settings(name, settings));

    /// <summary>Starts a service that is refused.</summary>
    /// <returns>What it says.</returns>
    public static async Task<string> RefusedAsync(string directory, IReadOnlyDictionary<string, string> settings)
    {
        await using var refused = ServiceProcess.Launch(directory, ["serve", "--urls", "http://127.0.0.1:0"], settings);
        var code = await refused.ExitCodeAsync();
        Assert.True(code == 2, string.Create(CultureInfo.InvariantCulture, $"{code}: {refused.Output}"));
        return refused.Output;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _running.Values)
            await service.DisposeAsync();
        await PostgresFixture.DropAsync(database);
        _folder.Dispose();
    }
}
