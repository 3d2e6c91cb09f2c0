using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>One service with defaults for all tus tests that change only their own uploads.</summary>
[CollectionDefinition(Name)]
public sealed class TusCollection : ICollectionFixture<TusFixture>
{
    public const string Name = "tus";
}

public sealed class TusFixture : IAsyncLifetime
{
    internal TusService Tus { get; private set; } = null!;

    internal PostgresFixture Postgres { get; } = new();

    public async Task InitializeAsync()
    {
        await Postgres.InitializeAsync();
        Tus = await TusService.StartAsync(Postgres);
    }

    public async Task DisposeAsync() => await Tus.DisposeAsync();

    internal Task<TusService> StartAsync(params (string Key, string Value)[] settings) => TusService.StartAsync(Postgres, settings);
}

/// <summary>A service whose engine a test can hold, and a tus client for it.</summary>
internal sealed class TusService : IAsyncDisposable
{
    private TusService(TestService service, EngineHooks hooks) => (Service, Hooks, Client) =
        (service, hooks, new TusClient(service.Client));

    public TestService Service { get; }

    public EngineHooks Hooks { get; }

    public TusClient Client { get; }

    internal PostgresUploadLedger Ledger => Service.Services.GetRequiredService<PostgresUploadLedger>();

    public static async Task<TusService> StartAsync(PostgresFixture postgres, params (string Key, string Value)[] settings)
    {
        var hooks = new EngineHooks();
        return new TusService(await TestService.StartAsync(postgres, settings.ToDictionary(), HookedService.With(hooks)), hooks);
    }

    /// <summary>For a service whose engine is not held.</summary>
    public static TusService Of(TestService service) => new(service, new EngineHooks());

    public async Task<TusService> RestartAsync()
    {
        var hooks = new EngineHooks();
        return new TusService(await Service.RestartAsync(replace: HookedService.With(hooks)), hooks);
    }

    public static UploadId IdOf(string path) =>
        UploadId.TryParse(path.Split('/')[^1], out var id) ? id : throw new ArgumentException(path, nameof(path));

    /// <summary>The upload as the ledger has it.</summary>
    public async Task<Upload> UploadAsync(string path) => (await Ledger.FindAsync(Caller.Operator, IdOf(path), CancellationToken.None))!;

    /// <summary>The number of uploads, including parts.</summary>
    public async Task<int> CountAsync() =>
        (await Ledger.ListAsync(new UploadQuery(Caller.Operator) { Limit = 1000, WithParts = true }, CancellationToken.None)).Items.Count;

    /// <summary>Advances the service's clock, for expiration.</summary>
    public Task AgeAsync(TimeSpan by) => Service.Services.AgeAsync(by);

    public Task<RawTus> RawAsync() => RawTus.OpenAsync(Service);

    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
