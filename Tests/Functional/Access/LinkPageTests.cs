using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>The page of a link in Chromium, opened by its address alone.</summary>
public sealed class LinkPageTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private LinkClient _links = null!;
    private string _folder = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _links = new LinkClient(_service);
        _folder = ServiceFolder.Create();
    }

    public async Task DisposeAsync()
    {
        _links.Close();
        await _service.DisposeAsync();
        ServiceFolder.Remove(_folder);
    }

    [ConsoleFact]
    public async Task Sends_files_one_of_which_the_link_refuses_and_goes_on_after_a_break()
    {
        var link = await _links.MakeAsync(
            new { kind = "upload", path = "page", parents = true, title = "Photos <b>", maxSize = 600_000 });
        var paths = new[] { ("first.bin", 500_000), ("second ä.bin", 300_000), ("big.exe", 700_000) };
        foreach (var (name, size) in paths)
            await File.WriteAllBytesAsync(Path.Combine(_folder, name), TusClient.Bytes(size, seed: size));
        await using var proxy = new CutProxy(_service.Address, [200_000]);
        var result = await RunAsync(
            "upload", new Uri(proxy.Address, link.Path),
            ("files", string.Join(':', paths.Select(path => Path.Combine(_folder, path.Item1)))));
        Assert.Equal("Photos <b>", result.GetProperty("title").GetString());
        var shown = result.GetProperty("shown").EnumerateArray().Select(line => line.GetString()!).ToList();
        Assert.Contains("at most 585.93 KiB", shown[2], StringComparison.Ordinal);
        foreach (var (name, size) in paths.Take(2))
        {
            Assert.Equal(
                TusClient.Bytes(size, seed: size),
                await _service.Client.GetByteArrayAsync($"/api/tree/page/{Uri.EscapeDataString(name)}"));
        }
    }

    [ConsoleFact]
    public async Task Goes_on_after_a_reload_and_shows_what_would_reorder_a_name()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "again", parents = true });
        var path = Path.Combine(_folder, "a\u202Egnp.bin");
        await File.WriteAllBytesAsync(path, TusClient.Bytes(500_000, seed: 7));
        var result = await RunAsync("reload", new Uri(_service.Address, link.Path), ("files", path));
        var shown = result.GetProperty("shown")[0].GetString()!;
        Assert.Contains("a\\u{202E}gnp.bin", shown, StringComparison.Ordinal);
        Assert.Contains("488\u00A0KiB · sent", shown, StringComparison.Ordinal);
        var listed = await _service.Client.GetFromJsonAsync<JsonElement>("/api/tree/again/?format=json");
        var name = Assert.Single(listed.GetProperty("items").EnumerateArray()).GetProperty("name").GetString()!;
        Assert.Equal(
            TusClient.Bytes(500_000, seed: 7), await _service.Client.GetByteArrayAsync($"/api/tree/again/{Uri.EscapeDataString(name)}"));
    }

    [ConsoleFact]
    public async Task Goes_on_in_another_tab_once_the_first_is_closed()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "tabs", parents = true });
        var path = Path.Combine(_folder, "tabs.bin");
        await File.WriteAllBytesAsync(path, TusClient.Bytes(500_000, seed: 10));
        var result = await RunAsync("tabs", new Uri(_service.Address, link.Path), ("files", path));
        var shown = result.GetProperty("shown").EnumerateArray().Select(line => line.GetString()!).ToList();
        Assert.Equal("0", shown[0]);
        Assert.Single(shown.Skip(1));
        Assert.Equal(TusClient.Bytes(500_000, seed: 10), await _service.Client.GetByteArrayAsync("/api/tree/tabs/tabs.bin"));
    }

    [ConsoleFact]
    public async Task Waits_while_an_upload_is_paused_in_the_console_and_does_not_begin_anew()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "held", parents = true });
        var path = Path.Combine(_folder, "held.bin");
        await File.WriteAllBytesAsync(path, TusClient.Bytes(500_000, seed: 8));
        var result = await RunAsync(
            "paused", new Uri(_service.Address, link.Path), ("files", path), ("key", _service.Key));
        Assert.Single(result.GetProperty("shown").EnumerateArray());
        var unfinished = await _service.Client.GetFromJsonAsync<JsonElement>("/api/sessions");
        Assert.Empty(unfinished.GetProperty("items").EnumerateArray());
        var sent = await _service.Client.GetFromJsonAsync<JsonElement>("/api/tree/held/?format=json");
        Assert.Single(sent.GetProperty("items").EnumerateArray());
    }

    [ConsoleFact]
    public async Task Lets_a_refused_file_be_tried_again_and_removed_for_good()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "small", parents = true, maxFiles = 1 });
        using (await _links.PutAsync(link, "first.txt", "taken"))
        {
        }

        var path = Path.Combine(_folder, "long.bin");
        await File.WriteAllBytesAsync(path, TusClient.Bytes(100, seed: 9));
        var result = await RunAsync("refused", new Uri(_service.Address, link.Path), ("files", path));
        Assert.Empty(result.GetProperty("shown").EnumerateArray());
    }

    [ConsoleFact]
    public async Task Says_in_words_what_it_takes_and_how_much_is_left()
    {
        var link = await _links.MakeAsync(
            new { kind = "upload", path = "kinds", parents = true, maxFiles = 20, types = (string[])["image/*", "text/*"] });
        foreach (var name in (string[])["note.txt", "film.mov"])
            await File.WriteAllBytesAsync(Path.Combine(_folder, name), TusClient.Bytes(100, seed: 3));
        var result = await RunAsync(
            "kinds", new Uri(_service.Address, link.Path),
            ("files", string.Join(':', Path.Combine(_folder, "note.txt"), Path.Combine(_folder, "film.mov"))));
        Assert.Equal(
            [
                "20 more files · only pictures and texts", "19 more files · only pictures and texts",
                "This link takes only pictures and texts.", "Remove",
            ],
            result.GetProperty("shown").EnumerateArray().Select(line => line.GetString()));
    }

    [ConsoleFact]
    public async Task A_link_that_cannot_be_used_has_a_page_that_says_why()
    {
        var link = await _links.MakeAsync(new { kind = "upload", path = "over", parents = true });
        var unknown = link.Path[..^4] + "AAAA";
        foreach (var address in (string[])[unknown, link.Path[..^4], link.Path + "A"])
            Assert.Equal("There is no such link. Compare the address with the one that you got.", await SaysAsync(address, 404));
        using (var revoked = await _service.Client.DeleteAsync($"/api/links/{link.Id}"))
            Assert.True(revoked.IsSuccessStatusCode);
        await Eventually.HoldsAsync(async () => await StatusAsync(link.Path) == 410);
        Assert.StartsWith("This link has ended", await SaysAsync(link.Path, 410), StringComparison.Ordinal);
    }

    [ConsoleFact]
    public async Task Shows_a_guest_on_a_phone_who_asks_and_one_row_for_a_folder_that_is_sent()
    {
        var people = new TestPeople(_service);
        using var client = await people.ClientAsync(await people.UserAsync("Ann Lee", Role.Member));
        using (await _service.Client.PatchAsJsonAsync("/api/tenants/default", new { title = "Nordkai Survey" }))
        {
            var link = await _links.MakeAsync(
                new { kind = "upload", path = "guest", parents = true, title = "Photos of the dive", folders = true, maxSize = 5000 },
                client);
            Directory.CreateDirectory(Path.Combine(_folder, "album", "summer"));
            for (var i = 0; i < 30; i++)
                await File.WriteAllBytesAsync(Path.Combine(_folder, "album", i < 20 ? "" : "summer", $"{i}.jpg"), TusClient.Bytes(1000, i));
            await File.WriteAllBytesAsync(Path.Combine(_folder, "album", "large.jpg"), TusClient.Bytes(6000, 1));
            var result = await RunAsync("guest", new Uri(_service.Address, link.Path), ("files", Path.Combine(_folder, "album")));
            Assert.Equal("Photos of the dive", result.GetProperty("title").GetString());
            var shown = result.GetProperty("shown").EnumerateArray().Select(line => line.GetString()!).ToList();
            Assert.Equal("Ann Lee of Nordkai Survey asks you for files", shown[0]);
            Assert.StartsWith("album/", shown[1], StringComparison.Ordinal);
            Assert.Contains("30 of 31 files", shown[1], StringComparison.Ordinal);
            // Refused entries of the link are named below its folder.
            Assert.Contains("album/large.jpg", shown[1], StringComparison.Ordinal);
            Assert.Equal("1", shown[2]);
        }

        Assert.Equal(TusClient.Bytes(1000, 25), await _service.Client.GetByteArrayAsync("/api/tree/guest/album/summer/25.jpg"));
    }

    [ConsoleFact]
    public async Task Asks_for_the_password_and_shows_the_folder()
    {
        using (var put = await _service.Client.PutAsync("/api/tree/open/<i>.txt?parents=true", new StringContent("x")))
            Assert.Equal(201, (int)put.StatusCode);
        var link = await _links.MakeAsync(new { kind = "download", path = "open", password = "open sesame" });
        var result = await RunAsync("password", new Uri(_service.Address, link.Path), ("password", "open sesame"));
        Assert.Equal(["<i>.txt"], result.GetProperty("shown").EnumerateArray().Select(line => line.GetString()));
    }

    [ConsoleFact]
    public async Task Asks_for_the_password_before_it_takes_files()
    {
        var path = Path.Combine(_folder, "locked.txt");
        await File.WriteAllTextAsync(path, "locked");
        var link = await _links.MakeAsync(new { kind = "upload", path = "locked", parents = true, password = "open sesame" });
        var result = await RunAsync(
            "locked", new Uri(_service.Address, link.Path), ("password", "open sesame"), ("files", path));
        Assert.Equal(["false", "locked.txt"], result.GetProperty("shown").EnumerateArray().Select(line => line.GetString()));
        Assert.Equal("locked", await _service.Client.GetStringAsync("/api/tree/locked/locked.txt"));
    }

    [ConsoleFact]
    public async Task Opens_an_encrypted_file_with_the_key_in_its_address_and_says_why_it_cannot()
    {
        var bytes = TusClient.Bytes(4 * 16_384 * 20, seed: 11);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "plan ä.pdf"), bytes);
        using var client = new ChunkUploadClient(
            new() { Service = _service.Address, Key = _service.Key, StateDirectory = Path.Combine(_folder, "state") });
        var sent = await client.UploadFileAsync(
            Path.Combine(_folder, "plan ä.pdf"),
            new() { Path = "plan ä.pdf", Encryption = new() { Recipients = [AgeIdentity.Create().Recipient], EncryptName = true } });
        var link = await _links.MakeAsync(new { kind = "download", path = sent.Path, title = "The plan" });
        var result = await RunAsync("encrypted", new Uri(_service.Address, $"{link.Path}#{sent.ContentKey!.ToFragment()}"));
        var shown = result.GetProperty("shown").EnumerateArray().Select(line => line.GetString()!).ToList();
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.StartsWith("Download plan ä.pdf", shown[0], StringComparison.Ordinal);
        Assert.Equal(["plan ä.pdf", digest, "1", "plan ä.pdf", digest], shown[1..6]);
        Assert.Contains("does not open this file", shown[6], StringComparison.Ordinal);
        Assert.Equal("false", shown[7]);
        Assert.Contains("https", shown[8], StringComparison.Ordinal);
        // The key stayed in the browser, and the service cannot read the name either.
        Assert.DoesNotContain("plan", sent.Path!, StringComparison.Ordinal);
    }

    /// <summary>Returns what a browser gets, and what the page shows.</summary>
    private async Task<string> SaysAsync(string address, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept", "text/html,*/*;q=0.8" } } };
        using (var client = _service.CreateClient(withKey: false))
        using (var answer = await client.SendAsync(request))
        {
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
            Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }

        var result = await PageScript.RunAsync("link", "closed", ("url", new Uri(_service.Address, address).ToString()));
        Assert.Empty(result.GetProperty("complaints").EnumerateArray());
        return result.GetProperty("shown")[0].GetString()!;
    }

    private async Task<int> StatusAsync(string address)
    {
        using var client = _service.CreateClient(withKey: false);
        using var answer = await client.GetAsync(address);
        return (int)answer.StatusCode;
    }

    private static async Task<JsonElement> RunAsync(string scenario, Uri url, params (string, string)[] more)
    {
        var result = await PageScript.RunAsync("link", scenario, [("url", url.ToString()), .. more]);
        Assert.Empty(result.GetProperty("complaints").EnumerateArray());
        return result;
    }
}
