using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu login as users run it: with a code, with the browser on this machine, with a keyring.</summary>
[Collection(ClientCollection.Name)]
public sealed partial class LoginTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;

    private string Profiles => _rig.At("config/chunkupload/cu.json");

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_code_is_confirmed_elsewhere_and_the_key_lies_in_a_file_for_the_user_alone()
    {
        using var browser = await SignedInAsync();
        using var cu = Login([]);
        var code = await CodeOfAsync(cu);
        await ConfirmAsync(browser, code);
        var said = await EndAsync(cu);
        Assert.Contains(
            $"lies in {Profiles}, which only you can read, because secret-tool is not installed", said, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Profiles));
        _rig.File("a.txt", 100);
        Assert.Equal(0, (await _rig.RunCuAsync(_service.Address, null, "up", "a.txt", "--unfiled")).Code);

        var key = JsonDocument.Parse(await File.ReadAllTextAsync(Profiles)).RootElement
            .GetProperty("profiles").GetProperty("default").GetProperty("key").GetString();
        await File.WriteAllTextAsync(_rig.At("key"), key);
        Assert.Contains("Its key is revoked.", (await RunAsync("logout")).Output, StringComparison.Ordinal);
        Assert.Equal(6, (await _rig.RunCuAsync(_service.Address, _rig.At("key"), "ls")).Code);
    }

    [Fact]
    public async Task A_refusal_is_told()
    {
        using var browser = await SignedInAsync();
        using var cu = Login([]);
        using (var answer = await browser.PostAsync($"/api/key-requests/{await CodeOfAsync(cu)}/refuse"))
            Assert.True(answer.IsSuccessStatusCode);
        await cu.WaitForExitAsync();
        Assert.Equal(6, cu.ExitCode);
        Assert.Contains("refused", await cu.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.False(File.Exists(Profiles));
    }

    [Fact]
    public async Task The_browser_on_this_machine_brings_the_answer()
    {
        using var browser = await SignedInAsync();
        // A browser that only records the address that it was sent to.
        Script("browser", $"echo \"$1\" > '{_rig.At("opened")}.part'; mv '{_rig.At("opened")}.part' '{_rig.At("opened")}'");
        using var cu = Login([], ("BROWSER", _rig.At("bin/browser")));
        var code = await CodeOfAsync(cu);
        await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(_rig.At("opened"))));
        Assert.EndsWith($"#/device?code={code}", (await File.ReadAllTextAsync(_rig.At("opened"))).Trim(), StringComparison.Ordinal);
        var redirect = await ConfirmAsync(browser, code);
        using var http = new HttpClient();
        var target = new Uri(redirect!);
        // Browsers open connections in advance, on which no request arrives.
        using var idle = new System.Net.Sockets.TcpClient();
        await idle.ConnectAsync(target.Host, target.Port);
        // An earlier request of another client, without the state, is ignored.
        using (var stranger = await http.GetAsync($"http://{target.Authority}/?code=guess&state=guess"))
            Assert.Equal(404, (int)stranger.StatusCode);
        Assert.Contains("close this page", await http.GetStringAsync(target), StringComparison.Ordinal);
        await EndAsync(cu);
        Assert.Equal(0, (await _rig.RunCuAsync(_service.Address, null, "ls", "--json")).Code);
    }

    [Fact]
    public async Task A_keyring_has_the_key_where_one_answers()
    {
        // Keeps one secret, as libsecret's program keeps many.
        Script("secret-tool", $$"""
            ring='{{_rig.At("ring")}}'; verb=$1; shift
            case $verb in
                store) shift 2; { printf '%s\n' "$*"; cat; } > "$ring" ;;
                lookup) [ -f "$ring" ] && [ "$(head -n 1 "$ring")" = "$*" ] && tail -n +2 "$ring" ;;
                clear) rm -f "$ring" ;;
            esac
            """);
        using var browser = await SignedInAsync();
        using var cu = Login([]);
        await ConfirmAsync(browser, await CodeOfAsync(cu));
        Assert.Contains("lies in the system's keyring", await EndAsync(cu), StringComparison.Ordinal);
        Assert.DoesNotContain("cu_", await File.ReadAllTextAsync(Profiles), StringComparison.Ordinal);
        Assert.Contains("cu_", await File.ReadAllTextAsync(_rig.At("ring")), StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("ls", "--json")).Code);
        Assert.Contains("in the keyring", (await RunAsync("config")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("logout")).Code);
        Assert.False(File.Exists(_rig.At("ring")));
    }

    [Fact]
    public void The_code_for_a_camera_holds_the_whole_address()
    {
        const string Address = "https://files.example/console/#/device?code=WDJB-MJHT";
        using var generator = new QRCoder.QRCodeGenerator();
        using var expected = generator.CreateQrCode(Address, QRCoder.QRCodeGenerator.ECCLevel.L);
        var lines = Cli.Login.TerminalQr.Of(Address).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        var size = expected.ModuleMatrix.Count - 4;
        Assert.Equal((size + 1) / 2, lines.Length);
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var light = lines[y / 2][x] is '█' || lines[y / 2][x] == (y % 2 == 0 ? '▀' : '▄');
                Assert.Equal(expected.ModuleMatrix[y + 2][x + 2], !light);
            }
        }
    }

    [Fact]
    public async Task Faults_of_the_configuration_are_told_before_anything_is_asked_or_lost()
    {
        await File.WriteAllTextAsync(_rig.At("key"), "a\nb");
        Assert.Equal(2, (await RunAsync("ls", "--url", _service.Address.AbsoluteUri, "--key-file", "key")).Code);
        await File.WriteAllTextAsync(_rig.At("file"), "");
        using (var login = Login([], ("XDG_CONFIG_HOME", _rig.At("file"))))
        {
            Assert.Contains("file", await login.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
            await login.WaitForExitAsync();
            Assert.Equal(9, login.ExitCode);
        }

        foreach (var (path, sentence) in ((string, string)[])[("abc", "no service answers"), ("l/T", "needs no login")])
        {
            using var login = Start(["login", new Uri(_service.Address, path).AbsoluteUri, "--no-browser"], []);
            login.StandardInput.Close();
            Assert.Contains(sentence, await login.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
            await login.WaitForExitAsync();
            Assert.Equal(11, login.ExitCode);
        }

        _ = Directory.CreateDirectory(_rig.At("config/chunkupload"));
        await File.WriteAllTextAsync(_rig.At("config/chunkupload/cu.json"), """{"current":"x","profiles":{"x":null}}""");
        Assert.Equal(2, (await RunAsync("logout")).Code);
        await File.WriteAllTextAsync(
            _rig.At("config/chunkupload/cu.json"),
            $$$"""{"current":"x","profiles":{"x":{"url":"http://localhost:1"},"y":{"url":"{{{_service.Address}}}"} } }""");
        Assert.Equal(0, (await RunAsync("logout")).Code);
        Assert.Contains("profile y", (await RunAsync("config")).Output, StringComparison.Ordinal);
    }

    private async Task<BrowserClient> SignedInAsync()
    {
        var browser = new BrowserClient(_service);
        await browser.SignInAsync();
        return browser;
    }

    private static async Task<string?> ConfirmAsync(BrowserClient browser, string code)
    {
        using var answer = await browser.PostAsync($"/api/key-requests/{code}/confirm", new { });
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("redirect").GetString();
    }

    private void Script(string name, string text)
    {
        _ = Directory.CreateDirectory(_rig.At("bin"));
        File.WriteAllText(_rig.At($"bin/{name}"), $"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n");
        File.SetUnixFileMode(_rig.At($"bin/{name}"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private Process Login(string[] more, params (string Name, string Value)[] variables)
    {
        var cu = Start(["login", _service.Address.AbsoluteUri, .. more], variables);
        cu.StandardInput.Close();
        return cu;
    }

    private Process Start(string[] arguments, params (string Name, string Value)[] variables)
    {
        var start = _rig.Start(arguments);
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var cu = Start(arguments);
        cu.StandardInput.Close();
        _ = cu.StandardError.ReadToEndAsync();
        var output = await cu.StandardOutput.ReadToEndAsync();
        await cu.WaitForExitAsync();
        return (cu.ExitCode, output);
    }

    private static async Task<string> CodeOfAsync(Process cu)
    {
        while (await cu.StandardError.ReadLineAsync() is { } line)
        {
            if (Code().Match(line) is { Success: true } code)
                return code.Value;
        }

        throw new InvalidOperationException($"cu ended with {cu.ExitCode}.");
    }

    private static async Task<string> EndAsync(Process cu)
    {
        var output = await cu.StandardOutput.ReadToEndAsync();
        await cu.WaitForExitAsync();
        Assert.True(cu.ExitCode == 0, await cu.StandardError.ReadToEndAsync());
        return output;
    }

    [GeneratedRegex("[A-Z]{4}-[A-Z]{4}")]
    private static partial Regex Code();
}
