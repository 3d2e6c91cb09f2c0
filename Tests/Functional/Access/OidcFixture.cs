using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>An issuer, and a service that signs users in with it.</summary>
public sealed class OidcFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();

    internal OidcProvider Issuer { get; private set; } = null!;

    internal TestService Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        Issuer = await OidcProvider.StartAsync();
        Service = await TestService.StartAsync(_postgres, Issuer.Settings());
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}
