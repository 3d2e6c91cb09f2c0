using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>
/// An owner and two members in network namespaces of their own, which tools/StraightLab/straight makes, and the service as a process in
/// that of the tests. It keeps a table of what the tests have seen.
/// </summary>
public sealed class StraightLabNetwork : IAsyncLifetime
{
    public const string Link = "straight";
    public const string OwnerAddress = "10.77.3.1";

    /// <summary>The address of the owner that the service's namespace reaches.</summary>
    public const string OwnerAtService = "10.77.1.2";

    private const int SpareKeys = 4;

    public const int ClipSize = 96 << 20;

    private static readonly string[] Spaces = Environment.GetEnvironmentVariable(StraightLabFactAttribute.Variable)?.Split(' ') ?? [];

    private readonly PostgresFixture _postgres = new();
    private readonly List<BackProxy> _proxies = [];
    private readonly Queue<string> _keys = [];
    private readonly List<(string What, string Saw)> _table = [];
    private TestService _seed = null!;
    private ServiceProcess _process = null!;
    private Process _there = null!;
    private bool _isServing;

    /// <summary>The size of the large file.</summary>
    public static long Size { get; } = Number("CHUNKUPLOAD_STRAIGHT_BYTES", 1L << 30);

    /// <summary>The number of small files.</summary>
    public static int SmallFiles { get; } = (int)Number("CHUNKUPLOAD_SMALL_FILES", 2000);

    internal StraightRig Rig { get; private set; } = null!;

    /// <summary>The computer of the second member.</summary>
    internal ClientRig Other { get; private set; } = null!;

    internal string OtherKey => Other.At("user.key");

    internal Uri OtherService => new($"http://{_proxies[2].Address}");

    /// <summary>The SHA-256 of the large file.</summary>
    public string Digest { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (Spaces.Length == 0)
            return;
        await _postgres.InitializeAsync();
        // Its view of the network is that of the member.
        _there = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", Spaces[1], "sleep", "36000"]))!;
        // This service makes the users. Afterwards a process that can be killed serves the same data.
        _seed = await TestService.StartAsync(_postgres);
        foreach (var address in (string[])["10.77.1.1", "10.77.2.1", "10.77.5.1"])
            _proxies.Add(new BackProxy(_seed.Address.Port, IPAddress.Parse(address)));
        Rig = await StraightRig.StartAsync(
            _seed,
            lab: new StraightLab(
                Spaces[0], new Uri($"http://{_proxies[0].Address}"), Spaces[1], new Uri($"http://{_proxies[1].Address}")));
        Other = new ClientRig { Namespace = Spaces[2] };
        var people = new TestPeople(_seed);
        var user = await people.UserAsync($"oda{Guid.NewGuid():n}"[..20], Role.Member);
        using (var client = await people.ClientAsync(user))
            await File.WriteAllTextAsync(OtherKey, client.DefaultRequestHeaders.Authorization!.Parameter);
        var member = $"/api/projects/{Rig.Project}/members/{user.Subject}";
        using (var joined = await Rig.Client.PutAsJsonAsync(member, new { can_change = false }))
            Assert.True(joined.IsSuccessStatusCode);
        // For a new device after one was revoked.
        for (var i = 0; i < SpareKeys; i++)
            _keys.Enqueue(await Rig.KeyAsync());
        await _seed.StopAsync();
        await StartServiceAsync();
        await FilesAsync();
    }

    public async Task DisposeAsync()
    {
        if (Spaces.Length == 0)
            return;
        if (Environment.GetEnvironmentVariable("CHUNKUPLOAD_STRAIGHT_TABLE") is { } file)
            await File.WriteAllLinesAsync(file, _table.Select(row => $"{row.What,-64} {row.Saw}"));
        _there.Kill();
        _there.Dispose();
        await Rig.DisposeAsync();
        Other.Dispose();
        foreach (var proxy in _proxies)
            await proxy.DisposeAsync();
        await _process.DisposeAsync();
        await _seed.DisposeAsync();
    }

    /// <summary>Starts the agent of the owner, with its folder, at a bandwidth.</summary>
    /// <param name="rate">Bytes a second; 0 for any number.</param>
    public async Task ServeAsync(long rate = 0)
    {
        await Rig.Owner.KillAsync();
        if (_isServing)
            await Rig.StartAgentAsync(rate);
        else
            await Rig.ServeAsync(rate, options: ["--at-once", "4"]);
        _isServing = true;
    }

    /// <summary>Lists a new file of the owner, which has rested.</summary>
    /// <param name="size">A number of whole blocks of 1 MiB.</param>
    internal async Task<(string Name, string Path, string Digest)> FileAsync(string name, int size, int seed)
    {
        var path = Rig.Owner.Machine.File($"photos/{name}", size, seed);
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddMinutes(-1));
        await Eventually.HoldsAsync(async () => (await Rig.OwnerAsync("project", "ls", Rig.Name)).Contains(name, StringComparison.Ordinal));
        return (name, path, ClientRig.Sha256(ClientRig.Bytes(size, seed)));
    }

    /// <summary>After the device was revoked: a new key, and with it a new device that serves the folder.</summary>
    public async Task NewDeviceAsync()
    {
        await Rig.Owner.KillAsync();
        var key = _keys.Dequeue();
        await File.WriteAllTextAsync(Rig.OwnerKey, key);
        Rig.Use(_process.Address, key);
        await Rig.StartAgentAsync(1 << 20);
        await Eventually.HoldsAsync(async () => ClientRig.Line(await Rig.Client.GetStringAsync($"/api/projects/{Rig.Project}"))
            .GetProperty("folders")[0].GetProperty("online").GetBoolean());
    }

    /// <summary>kill -9 of the service, and the next one.</summary>
    public async Task KillServiceAsync()
    {
        await _process.Kill9Async();
        await _process.DisposeAsync();
        await StartServiceAsync();
    }

    /// <summary>Adds a row to the table.</summary>
    public void Say(string what, FormattableString saw)
    {
        lock (_table)
            _table.Add((what, FormattableString.Invariant(saw)));
    }

    /// <summary>Lets a link of the owner break, or mends it.</summary>
    internal static void SetLink(bool isUp) => Run("ip", "-n", Spaces[0], "link", "set", Link, isUp ? "up" : "down");

    /// <summary>Returns the bytes that all links of the first member have received.</summary>
    public long Received() => File.ReadAllLines($"/proc/{_there.Id}/net/dev").Where(line => line.Contains(':'))
        .Select(line => line.Split(':')).Where(parts => parts[0].Trim() != "lo")
        .Sum(parts => long.Parse(parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture));

    internal async Task UntilReceivedAsync(long bytes, Process get)
    {
        await Eventually.HoldsAsync(() => Received() >= bytes || get.HasExited);
        Assert.False(get.HasExited, "It has ended too early.");
    }

    public static ProcessStartInfo LabProgram(bool isOwner, params string[] arguments) => ClientRig.StartIn(
        Spaces[isOwner ? 0 : 1],
        [
            "exec", "--runtimeconfig", ClientRig.Beside("ChunkUpload.Tests.runtimeconfig.json"), "--depsfile",
            ClientRig.Beside("ChunkUpload.Tests.deps.json"), ClientRig.Beside("StraightLab.dll"), .. arguments,
        ]);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private async Task StartServiceAsync()
    {
        _process = await ServiceProcess.StartAsync(_seed.DataDirectory, [$"--ConnectionStrings:Ledger={_seed.ConnectionString}"]);
        _proxies.ForEach(proxy => proxy.Target = _process.Address.Port);
        Rig.Use(_process.Address);
    }

    private async Task FilesAsync()
    {
        var photos = Rig.Owner.Machine.At("photos");
        await using (var file = File.Create(Path.Combine(photos, "film.bin")))
        {
            var random = new Random(1);
            var block = new byte[1 << 20];
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long at = 0; at < Size; at += block.Length)
            {
                random.NextBytes(block);
                hash.AppendData(block);
                await file.WriteAsync(block);
            }

            Digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        Rig.Owner.Machine.File("photos/clip.bin", ClipSize, seed: 2);
        _ = Directory.CreateDirectory(Path.Combine(photos, "small"));
        for (var number = 0; number < SmallFiles; number++)
            Rig.Owner.Machine.File($"photos/small/{number:d5}.bin", 4 << 10, number);
    }

    private static long Number(string variable, long usual) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : usual;
}
