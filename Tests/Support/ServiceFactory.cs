using ChunkUpload.Api;
using ChunkUpload.Api.Cli;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Infrastructure;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// Hosts the service as <see cref="Program"/> composes it and <see cref="ServiceHost"/> starts and stops it: with its own Kestrel, or with
/// the factory's server in memory.
/// </summary>
internal sealed class ServiceFactory : WebApplicationFactory<Program>
{
    private readonly ServiceConfiguration _configuration;
    private readonly Action<IServiceCollection> _replace;
    private readonly bool _inMemory;
    private ServiceHost? _service;

    /// <param name="inMemory">Whether requests reach the service without a socket.</param>
    public ServiceFactory(ServiceConfiguration configuration, Action<IServiceCollection> replace, bool inMemory)
    {
        _configuration = configuration;
        _replace = replace;
        _inMemory = inMemory;
        if (!inMemory)
            UseKestrel();
    }

    public ServiceHost Service => _service ?? throw new InvalidOperationException("The service was not started.");

    /// <summary>Starts the service on a thread of the pool, because the factory blocks the thread until the service is ready.</summary>
    public Task StartAsync() => Task.Run(StartServer);

    public override async ValueTask DisposeAsync()
    {
        if (_service is { } service)
            await service.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override IHostBuilder CreateHostBuilder() => new ComposedHostBuilder(Compose);

    protected override IHost CreateHost(IHostBuilder builder)
    {
        var app = (WebApplication)builder.Build();
        if (_inMemory)
        {
            // The service announces its address, and the factory's server has none.
            var addresses = new ServerAddressesFeature();
            addresses.Addresses.Add("http://localhost");
            app.Services.GetRequiredService<IServer>().Features.Set<IServerAddressesFeature>(addresses);
        }

        _service = new ServiceHost(app);
        _service.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        return new StartedHost(_service);
    }

    private WebApplication Compose(Action<IWebHostBuilder> configureWebHost) => Program.Compose(
        _configuration,
        services =>
        {
            // It would release pages that the other tests of the process use, at each start.
            _ = services.Remove(services.Single(service => service.ImplementationType == typeof(LibraryFiles)));
            _replace(services);
        },
        _inMemory ? builder => UseMemory(builder, configureWebHost) : null);

    private static void UseMemory(WebApplicationBuilder builder, Action<IWebHostBuilder> configureWebHost)
    {
        // Without this setting, the factory would set the folder of the sources.
        builder.Configuration["TEST_CONTENTROOT_CHUNKUPLOAD_API"] = builder.Environment.ContentRootPath;
        configureWebHost(builder.WebHost);
    }

    /// <summary>The host as the factory ends it; <see cref="TestService"/> has stopped it before.</summary>
    private sealed class StartedHost(ServiceHost service) : IHost
    {
        public IServiceProvider Services => service.Services;

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }

    /// <summary>
    /// Composes the service with the factory's server if it is in memory. Everything else comes from the service's settings.
    /// </summary>
    private sealed class ComposedHostBuilder(Func<Action<IWebHostBuilder>, WebApplication> compose)
        : IHostBuilder, ISupportsConfigureWebHost
    {
        private Action<IWebHostBuilder> _configure = _ => { };

        public IDictionary<object, object> Properties { get; } = new Dictionary<object, object>();

        public IHost Build() => compose(_configure);

        public IHostBuilder ConfigureWebHost(Action<IWebHostBuilder> configure, Action<WebHostBuilderOptions> configureOptions)
        {
            _configure += configure;
            return this;
        }

        public IHostBuilder ConfigureServices(Action<HostBuilderContext, IServiceCollection> configureDelegate) =>
            throw new NotSupportedException();

        public IHostBuilder ConfigureHostConfiguration(Action<IConfigurationBuilder> configureDelegate) =>
            throw new NotSupportedException();

        public IHostBuilder ConfigureAppConfiguration(Action<HostBuilderContext, IConfigurationBuilder> configureDelegate) =>
            throw new NotSupportedException();

        public IHostBuilder ConfigureContainer<TBuilder>(Action<HostBuilderContext, TBuilder> configureDelegate) =>
            throw new NotSupportedException();

        public IHostBuilder UseServiceProviderFactory<TBuilder>(IServiceProviderFactory<TBuilder> factory)
            where TBuilder : notnull => throw new NotSupportedException();

        public IHostBuilder UseServiceProviderFactory<TBuilder>(Func<HostBuilderContext, IServiceProviderFactory<TBuilder>> factory)
            where TBuilder : notnull => throw new NotSupportedException();
    }
}
