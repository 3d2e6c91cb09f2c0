using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class ConfigurationTests
{
    [Fact]
    public void Later_sources_win_and_each_value_knows_its_own()
    {
        var folder = ServiceFolder.Create();
        var json = Path.Combine(folder, "appsettings.json");
        File.WriteAllText(
            json,
            """
            { /* comment */ "Log": { "Level": "Error", "Format": "Json" },
              "Host": { "Urls": ["http://127.0.0.1:1", "http://127.0.0.1:2"], "DrainTime": "3s" } }
            """);
        var configuration = ServiceConfiguration.Load(new ConfigurationSources()
            .AddJsonFile(json)
            .AddEnvironment(new Dictionary<string, string>
            {
                ["CHUNKUPLOAD__log__LEVEL"] = "Warning",
                ["ChunkUpload__Host__DrainTime"] =
                "4s",
                ["Log__Level"] = "nonsense",
                ["PATH"] = "/bin"
            })
            .AddCommandLine([KeyValuePair.Create("host:draintime", "5s")]));

        Assert.Empty(configuration.Errors);
        Assert.Equal(("Warning", "environment CHUNKUPLOAD__log__LEVEL"), Shown(configuration, "Log:Level"));
        Assert.Equal(("Json", "appsettings.json"), Shown(configuration, "Log:Format"));
        Assert.Equal(("5s", "command line"), Shown(configuration, "Host:DrainTime"));
        Assert.Equal(["http://127.0.0.1:1", "http://127.0.0.1:2"], configuration.Get<HostingOptions>().Urls);
        ServiceFolder.Remove(folder);
    }

    [Theory]
    [InlineData("value", "value")]
    [InlineData("value\n", "value")]
    [InlineData("value\r\n", "value")]
    [InlineData("two\nlines\n\n", "two\nlines\n")]
    public void A_file_gives_its_text_without_the_last_newline(string content, string expected)
    {
        var folder = ServiceFolder.Create();
        var file = Path.Combine(folder, "secret");
        File.WriteAllText(file, content);
        var sources = new ConfigurationSources()
            .AddEnvironment(new Dictionary<string, string> { ["ChunkUpload__ConnectionStrings__Ledger_FILE"] = file });

        Assert.Empty(sources.Errors);
        Assert.Equal(new RawValue(expected, $"file {file}"), sources.Values["ConnectionStrings:Ledger"]);
        ServiceFolder.Remove(folder);
    }

    [Fact]
    public void A_value_and_a_file_for_one_setting_are_refused()
    {
        var sources = new ConfigurationSources().AddEnvironment(new Dictionary<string, string>
        {
            ["ChunkUpload__Log__Level"] = "Debug",
            ["ChunkUpload__Log__Level_FILE"] = "/dev/null",
        });
        Assert.Contains("not both", Assert.Single(sources.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nowhere/secret", "the file does not exist, or the service's user may not see it")]
    [InlineData("/", "it is a folder, or the service's user may not read it")]
    public void A_file_that_cannot_be_read_is_named_with_the_reason(string file, string reason)
    {
        var sources = new ConfigurationSources().AddEnvironment(new Dictionary<string, string> { ["ChunkUpload__Log__Level_FILE"] = file });
        Assert.StartsWith(
            $"Log:Level: ChunkUpload__Log__Level_FILE names {file}, which cannot be read: {reason}", Assert.Single(sources.Errors),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_that_was_meant_as_a_setting_is_refused_and_those_of_the_programs_are_none()
    {
        var sources = new ConfigurationSources().AddEnvironment(new Dictionary<string, string>
        {
            ["ChunkUpload_Log__Level"] = "Debug",
            ["CHUNKUPLOAD_COMMAND"] = "chunkupload",
            ["CHUNKUPLOAD__LOG__FORMAT"] = "Json",
        });
        Assert.StartsWith("ChunkUpload_Log__Level: the names of settings", Assert.Single(sources.Errors), StringComparison.Ordinal);
        Assert.Equal("Log:Format", Assert.Single(sources.Values.Keys), ignoreCase: true);
    }

    [Fact]
    public void An_empty_variable_is_not_set() =>
        Assert.Empty(Load([], ("ChunkUpload__Host__DrainTime", ""), ("ChunkUpload__Log__Level_FILE", "")).Errors);

    [Fact]
    public void Errors_are_reported_all_at_once()
    {
        var configuration = Load(
            [
                KeyValuePair.Create("Host:DrainTime", "-1s"),
                KeyValuePair.Create(
                    "Host:Urls", "ftp://x, http://127.0.0.1:1/path, nonsense, https://127.0.0.1:1, http://localhost:0, http://unix:/tmp/x"),
                KeyValuePair.Create("Log:Level", "Loud"),
                KeyValuePair.Create("Log:Colour", "red"),
                KeyValuePair.Create("Data:Directory", ""),
            ],
            ("ChunkUpload__Lag__Level", "Debug"));

        Assert.Collection(
            configuration.Errors.Order(StringComparer.Ordinal),
            error => Assert.StartsWith("Host:Urls: \"ftp://x\"", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Host:Urls: \"http://127.0.0.1:1/path\"", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Host:Urls: \"http://localhost:0\"", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Host:Urls: \"http://unix:/tmp/x\" must name a host", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Host:Urls: \"https://127.0.0.1:1\" needs", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Host:Urls: \"nonsense\"", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Lag:Level is not a setting", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Log:Colour is not a setting", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Log:Level must be one of", error, StringComparison.Ordinal),
            error => Assert.StartsWith("The Data:Directory field is required.", error, StringComparison.Ordinal),
            error => Assert.StartsWith("The field Host:DrainTime must be between", error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Host:Url", "did you mean Host:Urls?")]
    [InlineData("Host:Ulrs", "did you mean Host:Urls?")]
    [InlineData("Uploads:MaxSizes", "did you mean Uploads:MaxSize?")]
    [InlineData("Upload:MaxSize", "did you mean Uploads:MaxSize?")]
    [InlineData("Storage:MaxSize", "Storage has ")]
    [InlineData("Databas:Password", "Database has ")]
    [InlineData("database:Host", "Database has ")]
    [InlineData("Log:Host", "Log has ")]
    [InlineData("Host:Port", "name address and port with Host:Urls,")]
    [InlineData("HostUrls", "did you mean Host:Urls?")]
    [InlineData("Server:MaxSize", "did you mean Uploads:MaxSize?")]
    [InlineData("Log:Colour", "Log has ")]
    [InlineData("Nowhere:Nothing", "the sections are ")]
    public void A_misspelt_setting_names_the_nearest(string key, string words) =>
        Assert.Contains(words, Assert.Single(Load([KeyValuePair.Create(key, "1")]).Errors), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:1,http://127.0.0.1:1", "", "")]
    [InlineData("http://127.0.0.1:1", "http://127.0.0.1:1", "")]
    [InlineData("http://localhost:1", "", "http://127.0.0.1:1")]
    [InlineData("http://localhost:1", "http://[::1]:1", "")]
    [InlineData("http://127.0.0.1:2", "http://0.0.0.0:1", "http://127.0.0.1:1")]
    [InlineData("http://127.0.0.1:1,http://[::]:1", "", "")]
    public void Two_addresses_that_cannot_be_listened_on_at_once_are_refused(string urls, string http1Urls, string http2Urls) =>
        Assert.EndsWith(
            "give one of them another port.", Assert.Single(Load(Addresses(urls, http1Urls, http2Urls)).Errors), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:0,http://127.0.0.1:0", "http://127.0.0.1:0", "")]
    [InlineData("http://127.0.0.1:1,http://127.0.0.2:1", "", "http://127.0.0.1:2")]
    [InlineData("http://0.0.0.0:1", "http://[::1]:1", "")]
    public void Addresses_that_differ_in_host_or_port_are_right(string urls, string http1Urls, string http2Urls) =>
        Assert.Empty(Load(Addresses(urls, http1Urls, http2Urls)).Errors);

    [Theory]
    [InlineData("http://127.0.0.1:1", "must begin with https://: HTTP/3 is always encrypted.")]
    [InlineData("https://127.0.0.1:0", "needs a port: the service announces it to clients.")]
    [InlineData("https://127.0.0.1:1,https://localhost:1", "give one of them another port.")]
    public void Addresses_of_http3_are_encrypted_have_ports_and_may_share_those_of_tcp(string urls, string sentence)
    {
        KeyValuePair<string, string>[] With(string http3) =>
        [
            KeyValuePair.Create("Host:Urls", "https://127.0.0.1:1"), KeyValuePair.Create("Host:Http3Urls", http3),
            KeyValuePair.Create("Host:CertificateFile", "a.pem"), KeyValuePair.Create("Host:CertificateKeyFile", "b.pem"),
        ];
        Assert.EndsWith(sentence, Assert.Single(Load(With(urls)).Errors), StringComparison.Ordinal);
        var right = Load(With("https://127.0.0.1:1,https://[::1]:2"));
        Assert.Empty(right.Errors);
        Assert.Equal("h3=\":1\"; ma=86400, h3=\":2\"; ma=86400", right.Get<HostingOptions>().AlternativeServices);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8080", "", "http://0.0.0.0:8080")]
    [InlineData("http://127.0.0.1:0,http://[::]:0", "", "http://[::]:0")]
    [InlineData("http://127.0.0.1:8080,http://*:1", "", "http://*:1")]
    [InlineData("http://127.0.0.1:8080", "http://192.168.1.2:1", "http://192.168.1.2:1")]
    public void An_open_service_that_others_could_reach_is_refused_with_the_other_errors(string urls, string http1Urls, string named)
    {
        var configuration = Load(
            [
                KeyValuePair.Create("Access:Mode", "Open"), KeyValuePair.Create("Host:Urls", urls),
                    KeyValuePair.Create("Host:Http1Urls", http1Urls),
                KeyValuePair.Create("Host:DrainTime", "soon"),
            ]);

        Assert.Equal(2, configuration.Errors.Count);
        Assert.Contains($"the service listens on {named}:", Assert.Single(
            configuration.Errors, error => error.StartsWith("Access:Mode=Open", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_service_on_loopback_addresses_and_a_closed_one_on_any_are_right()
    {
        Assert.Empty(Load([KeyValuePair.Create("Access:Mode", "Open"),
            KeyValuePair.Create("Host:Urls", "http://127.0.0.1:1,http://localhost:2,http://[::1]:0")]).Errors);
        Assert.Empty(Load([KeyValuePair.Create("Host:Urls", "http://0.0.0.0:8080")]).Errors);
    }

    [Fact]
    public void An_open_service_behind_a_proxy_that_brings_others_is_refused() =>
        Assert.Contains(
            "Proxy:Trusted",
            Assert.Single(Load([KeyValuePair.Create("Access:Mode", "Open"), KeyValuePair.Create("Proxy:Trusted", "10.0.0.1")]).Errors),
            StringComparison.Ordinal);

    [Fact]
    public void A_value_of_the_env_file_is_told_from_the_environment()
    {
        var configuration = Load(
            [],
            ("ChunkUpload__Log__Level", "Debug"), ("ChunkUpload__Log__Format", "Json"),
                (ConfigurationSources.FromEnvFile, "ChunkUpload__Log__Level,OTHER"));

        Assert.Empty(configuration.Errors);
        Assert.Equal(("Debug", ".env ChunkUpload__Log__Level"), Shown(configuration, "Log:Level"));
        Assert.Equal(("Json", "environment ChunkUpload__Log__Format"), Shown(configuration, "Log:Format"));
    }

    [Fact]
    public void A_secret_is_in_no_error()
    {
        var configuration = Load([KeyValuePair.Create("ConnectionStrings:Ledger", "Hots=db;Password=hush")]);
        Assert.NotEmpty(configuration.Errors);
        Assert.DoesNotContain(configuration.Errors, error => error.Contains("hush", StringComparison.Ordinal));
    }

    [Fact]
    public void A_wrong_json_file_is_an_error_and_a_missing_one_is_not()
    {
        var folder = ServiceFolder.Create();
        var file = Path.Combine(folder, "appsettings.json");
        Assert.Empty(new ConfigurationSources().AddJsonFile(file).Errors);
        File.WriteAllText(file, "{ \"Log\": ");
        Assert.Single(new ConfigurationSources().AddJsonFile(file).Errors);
        ServiceFolder.Remove(folder);
    }

    [Fact]
    public void The_data_directory_is_made_absolute() =>
        Assert.Equal(Path.GetFullPath("x"), Load([KeyValuePair.Create("Data:Directory", "./x")]).Get<DataOptions>().Directory);

    private static ServiceConfiguration Load(
        IEnumerable<KeyValuePair<string, string>> commandLine, params (string Name, string Text)[] environment) =>
        ServiceConfiguration.Load(new ConfigurationSources()
            .AddEnvironment(environment.ToDictionary(pair => pair.Name, pair => pair.Text))
            .AddCommandLine(commandLine));

    private static KeyValuePair<string, string>[] Addresses(string urls, string http1Urls, string http2Urls) =>
    [
        KeyValuePair.Create("Host:Urls", urls),
        KeyValuePair.Create("Host:Http1Urls", http1Urls),
        KeyValuePair.Create("Host:Http2Urls", http2Urls),
    ];

    private static (string Text, string Source) Shown(ServiceConfiguration configuration, string key)
    {
        var value = configuration.Values.Single(value => value.Setting.Key == key);
        return (value.Shown, value.Source);
    }
}
