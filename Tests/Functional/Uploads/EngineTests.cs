using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// The base of the engine's tests: real disk, real PostgreSQL, no HTTP. Every test has a fresh engine and is checked for leaks.
/// </summary>
public abstract class EngineTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    protected const int KiB = 1024;

    private readonly List<EngineRig> _rigs = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _rigs.Reverse();
        foreach (var rig in _rigs)
            await rig.DisposeAsync();
    }

    internal async Task<EngineRig> StartAsync(EngineSetup? setup = null) => Keep(await EngineRig.StartAsync(postgres, setup));

    /// <summary>Registers a rig to be disposed of when the test ends.</summary>
    internal EngineRig Keep(EngineRig rig)
    {
        _rigs.Add(rig);
        return rig;
    }
}
