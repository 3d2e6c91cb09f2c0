using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Api.Cli;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class SelfSignedCertificateTests
{
    private readonly ManualTime _time = new();
    private readonly File _file = new();

    [Fact]
    public async Task Is_made_once_and_anew_a_month_before_its_end()
    {
        var first = await StartAsync();
        _time.Advance(TimeSpan.FromDays(699));
        Assert.Equal(first, await StartAsync());
        _time.Advance(TimeSpan.FromDays(2));
        Assert.NotEqual(first, await StartAsync());
        Assert.Equal(2, _file.Written);
    }

    [Fact]
    public async Task Names_every_address_that_clients_may_use_on_this_machine()
    {
        await StartAsync("https://uploads.example:1", "https://192.0.2.1:2", "https://0.0.0.0:3", "https://[::]:4");
        using var certificate = X509Certificate2.CreateFromPem(_file.Text!);
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(["uploads.example", "localhost"], names.EnumerateDnsNames());
        Assert.Equal(["192.0.2.1", "127.0.0.1", "::1"], names.EnumerateIPAddresses().Select(address => address.ToString()));
    }

    [Fact]
    public async Task Is_not_made_where_one_is_named_or_TLS_is_off()
    {
        using var named =
            new SelfSignedCertificate(new HostingOptions { Tls = true, CertificateFile = "a", CertificateKeyFile = "b" }, _file, _time);
        await named.StartAsync(CancellationToken.None);
        using var off = new SelfSignedCertificate(new HostingOptions(), _file, _time);
        await off.StartAsync(CancellationToken.None);
        Assert.Null(_file.Text);
    }

    [Fact]
    public async Task A_file_that_holds_none_is_not_replaced_unasked()
    {
        _file.Text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StartAsync());
        Assert.Contains("remove it", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, _file.Written);
    }

    [Fact]
    public void The_switch_is_the_setting_and_every_address_is_spoken_with_TLS()
    {
        var command = CommandLine.Parse(["serve", "--tls", "--urls", "http://127.0.0.1:1,https://127.0.0.1:2"]);
        var configuration = ServiceConfiguration.Load(new ConfigurationSources()
            .AddCommandLine([.. command.Settings, KeyValuePair.Create("Host:Http1Urls", "HTTP://127.0.0.1:3")]));
        Assert.Empty(configuration.Errors);
        Assert.Equal(["https://127.0.0.1:1", "https://127.0.0.1:2"], configuration.Get<HostingOptions>().Urls);
        Assert.Equal(["https://127.0.0.1:3"], configuration.Get<HostingOptions>().Http1Urls);
        Assert.Equal(
            "https://127.0.0.1:1,https://127.0.0.1:2", configuration.Values.Single(value => value.Setting.Key == "Host:Urls").Shown);
    }

    private async Task<string> StartAsync(params string[] urls)
    {
        using var own =
            new SelfSignedCertificate(
                new HostingOptions { Tls = true, Urls = urls.Length > 0 ? urls : ["https://127.0.0.1:1"] }, _file, _time);
        await own.StartAsync(CancellationToken.None);
        Assert.True(own.Value.HasPrivateKey);
        return own.Value.Thumbprint;
    }

    private sealed class File : IOwnerOnlyFiles
    {
        public string? Text { get; set; }

        public int Written { get; private set; }

        public string PathOf(string name) => name;

        public string? Read(string name, string remedy) => Text;

        public void Replace(string name, string text) => (Text, Written) = (text, Written + 1);
    }
}
