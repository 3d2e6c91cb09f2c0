using System.Net.Http.Headers;
using System.Reflection;
using ChunkUpload.Api.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// The whole service inside the test's process: real Kestrel on a free loopback port, a database of its own in the run's cluster, a fresh
/// data directory. Its log is in <see cref="Log"/>, its services in <see cref="Services"/>.
/// </summary>
internal sealed class TestService : IAsyncDisposable
{
    /// <summary>
    /// Sockets runs the same tests on Kestrel's own transport, as <c>tools/check --all</c> does for the two compliance tables. Memory runs
    /// all tests that start no other service on the factory's server in memory, to measure what Kestrel costs.
    /// </summary>
    public static readonly string Transport = Environment.GetEnvironmentVariable("CHUNKUPLOAD_TEST_TRANSPORT") ?? "Own";

    private const string Memory = "Memory";

    private readonly Setup _setup;
    private readonly ServiceFactory _factory;
    private bool _stopped;

    // Database and folder were handed to the restarted service, or given back.
    private bool _gone;

    private TestService(Setup setup, ServiceFactory factory, LogLines log)
    {
        _setup = setup;
        _factory = factory;
        Log = log;
        Address = new Uri(Addresses.First());
        Client = CreateClient();
    }

    /// <summary>The settings of a service that runs maintenance jobs.</summary>
    public static IReadOnlyDictionary<string, string> WithJobs { get; } = new Dictionary<string, string> { ["Jobs:Enabled"] = "true" };

    public Uri Address { get; }

    /// <summary>All addresses on which it listens, with the real ports.</summary>
    public IReadOnlyCollection<string> Addresses => _factory.Service.Addresses;

    /// <summary>Sends the operator key.</summary>
    public HttpClient Client { get; }

    public LogLines Log { get; }

    public IServiceProvider Services => _factory.Service.Services;

    public string DataDirectory => _setup.DataDirectory;

    public string ConnectionString => _setup.ConnectionString;

    public string KeyFile => Path.Combine(DataDirectory, "operator.key");

    public string Key => File.Exists(KeyFile) ? File.ReadAllText(KeyFile).Trim() : "";

    /// <param name="settings">As on the command line: <c>["Uploads:MaxSize"] = "1MiB"</c>.</param>
    /// <param name="replace">Registrations that replace the service's own, such as a TimeProvider or a gated store.</param>
    /// <param name="inMemory">Whether requests of the clients reach the service without a socket.</param>
    public static async Task<TestService> StartAsync(
        PostgresFixture postgres, IReadOnlyDictionary<string, string>? settings = null, Action<IServiceCollection>? replace = null,
        bool inMemory = false)
    {
        var database = await postgres.CreateDatabaseAsync();
        return await StartAsync(new Setup(
            database, ServiceFolder.Create(), settings ?? new Dictionary<string, string>(), replace, inMemory || Transport == Memory));
    }

    public HttpClient CreateClient(bool withKey = true)
    {
        var client = _setup.InMemory ? new HttpClient(_factory.Server.CreateHandler()) : new HttpClient();
        client.BaseAddress = Address;
        if (withKey && Key.Length > 0)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }

    /// <summary>Stops in order and starts again on the same database and data directory.</summary>
    public async Task<TestService> RestartAsync(
        IReadOnlyDictionary<string, string>? settings = null, Action<IServiceCollection>? replace = null)
    {
        await StopAsync();
        _gone = true;
        return await StartAsync(_setup with { Settings = settings ?? _setup.Settings, Replace = replace ?? _setup.Replace });
    }

    /// <summary>Stops as after SIGTERM; the folder stays for a restart.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
            return;
        _stopped = true;
        Client.Dispose();
        await _factory.Service.StopAsync();
        await _factory.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_gone)
            return;
        _gone = true;
        await PostgresFixture.DropAsync(ConnectionString);
        ServiceFolder.Remove(DataDirectory);
    }

    private static async Task<TestService> StartAsync(Setup setup)
    {
        var pairs = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["ConnectionStrings:Ledger"] = setup.ConnectionString,
            ["Data:Directory"] = setup.DataDirectory,
            ["Host:Urls"] = "http://127.0.0.1:0",
            ["Log:Level"] = "None",
            ["Host:Transport"] = setup.InMemory ? "Sockets" : Transport,
            // The scheduler opens up to ten connections, each a process of PostgreSQL. Tests of jobs use WithJobs.
            ["Jobs:Enabled"] = "false",
        };
        foreach (var (key, value) in setup.Settings)
            pairs[key] = value;
        var fixedValues = pairs.Where(pair => FixedValue(pair.Key) is not null).ToList();
        fixedValues.ForEach(pair => pairs.Remove(pair.Key));
        var configuration = ServiceConfiguration.Load(new ConfigurationSources().AddCommandLine(pairs));
        Assert.Empty(configuration.Errors);
        foreach (var (key, text) in fixedValues)
        {
            var property = FixedValue(key)!;
            Assert.True(SettingText.TryParse(property.PropertyType, text, out var value, out _), key);
            property.SetValue(configuration.Get(property.DeclaringType!), value);
        }

        var log = new LogLines();
        var factory = new ServiceFactory(
            configuration,
            services =>
            {
                _ = services.AddSingleton<ILoggerProvider>(log)
                    .AddSingleton<Serilog.ILogger>(new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(log).CreateLogger());
                setup.Replace?.Invoke(services);
            },
            setup.InMemory);
        try
        {
            await factory.StartAsync();
            return new TestService(setup, factory, log);
        }
        catch
        {
            await factory.DisposeAsync();
            throw;
        }
    }

    /// <summary>A value that operators cannot change and tests can; null if the key is a setting or unknown.</summary>
    private static PropertyInfo? FixedValue(string key) =>
        key.Split(':') is [var section, var name]
        && SettingsCatalogue.OptionTypes.FirstOrDefault(type => SettingsCatalogue.SectionOf(type) == section)?.GetProperty(name)
            is { SetMethod.IsPublic: false } property
            ? property
            : null;

    private sealed record Setup(
        string ConnectionString, string DataDirectory, IReadOnlyDictionary<string, string> Settings, Action<IServiceCollection>? Replace,
        bool InMemory);
}
