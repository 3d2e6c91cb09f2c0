using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Client.Straight;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

public sealed partial class StraightLabTests
{
    private const int SigStop = 19;
    private const int SigCont = 18;
    private const int Small = 24 << 20;

    // So slow that there is time to break it.
    private const long Slow = 12L << 20;

    private static readonly string? FakeTime = Directory.GetDirectories("/usr/lib")
        .Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);

    public static TheoryData<string> Ways => new() { "straight", "relay" };

    [StraightLabTheory, MemberData(nameof(Ways))]
    public async Task All_that_take_part_are_killed_one_after_the_other(string way)
    {
        await lab.ServeAsync(Slow);
        var (before, kills) = (lab.Received(), new List<string>());
        var get = lab.Rig.Get("clip.bin", Options(way));
        foreach (var who in (string[])["receiver", "device", "service", "receiver", "all"])
        {
            await lab.UntilReceivedAsync(before + ((kills.Count + 1) * StraightLabNetwork.ClipSize / 7), get);
            if (who is "receiver" or "all")
            {
                get.Kill();
                await get.WaitForExitAsync();
                get.Dispose();
            }

            if (who is "device" or "all")
                await lab.Rig.Owner.KillAsync();
            if (who is "service" or "all")
                await lab.KillServiceAsync();
            if (who is "device" or "all")
                await lab.Rig.StartAgentAsync(Slow);
            if (who is "receiver" or "all")
                get = lab.Rig.Get("clip.bin", Options(way));
            kills.Add(who);
        }

        await ClipAsync(get, lab.Rig.Member);
        var came = lab.Received() - before;
        lab.Say(
            $"kill -9 of {string.Join(", ", kills)}, {way}",
            $"{100.0 * (came - StraightLabNetwork.ClipSize) / StraightLabNetwork.ClipSize:0.0} % more bytes");
        Assert.InRange(came, StraightLabNetwork.ClipSize, StraightLabNetwork.ClipSize * 1.6);
    }

    [StraightLabFact]
    public async Task The_computer_of_the_owner_sleeps_and_comes_back()
    {
        await lab.ServeAsync(Slow);
        var before = lab.Received();
        var get = lab.Rig.Get("clip.bin");
        await lab.UntilReceivedAsync(before + (StraightLabNetwork.ClipSize / 4), get);
        var agent = lab.Rig.Owner.ProcessId!.Value;
        _ = Libc.Kill(agent, SigStop);
        StraightLabNetwork.SetLink(isUp: false);
        await Task.Delay(TimeSpan.FromSeconds(45));
        Assert.False(get.HasExited);
        StraightLabNetwork.SetLink(isUp: true);
        _ = Libc.Kill(agent, SigCont);
        var done = await ClipAsync(get, lab.Rig.Member);
        lab.Say("45 seconds asleep", $"{done.GetProperty("way")}, {lab.Received() - before - StraightLabNetwork.ClipSize:0} bytes more");
    }

    [StraightLabTheory, MemberData(nameof(Ways))]
    public async Task A_file_that_changes_fails_before_and_while_it_is_sent(string way)
    {
        await lab.ServeAsync(4 << 20);
        foreach (var how in (string[])["before", "while", "link"])
        {
            var (name, path, _) = await lab.FileAsync($"{way}-{how}.bin", Small, seed: 5);
            if (how == "before")
                await ChangeAsync(path);
            var before = lab.Received();
            var get = lab.Rig.Get(name, Options(way));
            if (how != "before")
            {
                await lab.UntilReceivedAsync(before + (4 << 20), get);
                await ChangeAsync(path, isLink: how == "link");
                // An open file stays the requested one; a file that is opened later is refused.
                if (how == "link")
                    await lab.ServeAsync(4 << 20);
            }

            var (code, _, errors) = await StraightRig.EndAsync(get);
            Assert.True(code == 10, $"{way} {how}: {code} {errors}");
            Assert.False(File.Exists(lab.Rig.Received(name)));
            File.Delete(path);
        }

        lab.Say($"changed before, while, and replaced by a link, {way}", $"refused each time");
    }

    [StraightLabFact]
    public async Task Wrong_bytes_are_refused()
    {
        await lab.ServeAsync();
        var (name, path, digest) = await lab.FileAsync("wrong.bin", Small, seed: 6);
        Assert.Equal(0, (await StraightRig.EndAsync(lab.Rig.Get(name))).Code);
        await Eventually.HoldsAsync(async () => (await lab.Rig.OwnerAsync("project", "ls", lab.Rig.Name, "--json"))
            .Contains(digest, StringComparison.Ordinal));
        var time = File.GetLastWriteTimeUtc(path);
        await ChangeAsync(path);
        File.SetLastWriteTimeUtc(path, time);
        File.Delete(lab.Rig.Received(name));
        var (code, _, errors) = await StraightRig.EndAsync(lab.Rig.Get(name));
        Assert.True(code == 5, errors);
        Assert.False(File.Exists(lab.Rig.Received(name)));
        File.Delete(path);
        lab.Say("other bytes than the digest", $"refused");
    }

    [StraightLabFact]
    public async Task A_token_is_worth_nothing_with_another_key_or_after_its_time()
    {
        await lab.ServeAsync(1 << 20);
        var before = lab.Received();
        var get = lab.Rig.Get("clip.bin");
        await lab.UntilReceivedAsync(before + (1 << 20), get);
        // The other member has a key of its own once it has asked for something.
        using var mine = DeviceIdentity.Of(lab.Rig.Member.States);
        using var others = DeviceIdentity.Of(lab.Other.States);
        using var member = new HttpClient { BaseAddress = lab.Rig.Client.BaseAddress };
        member.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(lab.Rig.MemberKey)).Trim());
        var id = (await lab.Rig.RowAsync()).GetProperty("id").GetGuid();
        var row = await member.GetFromJsonAsync<JsonElement>($"/api/projects/{lab.Rig.Project}/transfers/{id}");
        var info = row.GetProperty("transfer_info");
        var port = IPEndPoint.Parse(info.GetProperty("addresses")[0].GetString()!).Port;
        var token = info.GetProperty("token").GetString()!;
        Assert.Equal(HttpStatusCode.PartialContent, await AskAsync(mine));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(mine, "another"));
        // The handshake ends.
        Assert.Null(await AskAsync(others));
        Assert.Null(await AskAsync(null));
        get.Kill();
        await get.WaitForExitAsync();
        await Task.Delay(TimeSpan.FromSeconds(75));
        Assert.NotEqual(HttpStatusCode.PartialContent, await AskAsync(mine));
        lab.Say("a token with another key, without one, and after a minute", $"refused");
        await lab.Rig.MemberAsync("project", "cancel", lab.Rig.Name, id.ToString());

        async Task<HttpStatusCode?> AskAsync(DeviceIdentity? who, string? other = null)
        {
            using var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // The key of the source is not what is tested here.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            if (who is not null)
                handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => who.Certificate;
            using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(20) };
            using var request = new HttpRequestMessage(
                HttpMethod.Get, $"https://{StraightLabNetwork.OwnerAtService}:{port}/v1/transfers/{id}");
            request.Headers.Authorization = new("Bearer", other ?? token);
            request.Headers.Range = new RangeHeaderValue(0, 0);
            try
            {
                using var answer = await client.SendAsync(request);
                return answer.StatusCode;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }

    [StraightLabTheory, MemberData(nameof(Ways))]
    public async Task Both_stop_within_two_seconds_if_the_member_is_removed_or_the_device_revoked(string way)
    {
        await lab.ServeAsync(1 << 20);
        foreach (var how in (string[])["member", "device"])
        {
            var before = lab.Received();
            var get = lab.Rig.Get("clip.bin", Options(way));
            await lab.UntilReceivedAsync(before + (2 << 20), get);
            var member = $"/api/projects/{lab.Rig.Project}/members/{lab.Rig.MemberSubject}";
            var folder = ClientRig.Line(await lab.Rig.Client.GetStringAsync($"/api/projects/{lab.Rig.Project}")).GetProperty("folders")[0];
            using (var ended = await lab.Rig.Client.DeleteAsync(
                how == "member" ? member : $"/api/devices/{folder.GetProperty("device_id").GetString()}"))
                Assert.True(ended.IsSuccessStatusCode, await ended.Content.ReadAsStringAsync());
            await Task.Delay(TimeSpan.FromSeconds(2));
            var passed = lab.Received();
            await Task.Delay(TimeSpan.FromSeconds(2));
            var more = lab.Received() - passed;
            Assert.InRange(more, 0, 64 << 10);
            var (code, _, errors) = await StraightRig.EndAsync(get);
            Assert.True(code != 0, errors);
            lab.Say($"{how} ended meanwhile, {way}", $"{more} bytes later than two seconds after; code {code}");
            // As before, for the next one.
            if (how == "member")
            {
                using var joined = await lab.Rig.Client.PutAsJsonAsync(member, new { can_change = true });
                Assert.True(joined.IsSuccessStatusCode);
            }
            else
            {
                await lab.NewDeviceAsync();
            }
        }
    }

    [StraightLabFact]
    public async Task A_full_disk_of_the_receiver_is_named_and_the_same_command_goes_on()
    {
        await lab.ServeAsync();
        await using var disk = await SmallDisk.MountAsync(lab.Rig.Member.At("disk"), "120m");
        disk.Fill();
        string[] get = ["project", "get", lab.Rig.Name, "/line-14/clip.bin", "-o", "disk/", "--json"];
        var (code, output, errors) = await lab.Rig.Member.RunCuAsync(lab.Rig.MemberService, lab.Rig.MemberKey, get);
        Assert.True(
            code == 9 && (output + errors).Contains("is full. Make room there", StringComparison.Ordinal), $"{code}: {output}{errors}");
        disk.Free();
        (code, output, errors) = await lab.Rig.Member.RunCuAsync(lab.Rig.MemberService, lab.Rig.MemberKey, get);
        Assert.True(code == 0, output + errors);
        lab.Say("a full disk", $"named; the same command went on");
    }

    [StraightLabFact]
    public async Task A_clock_an_hour_off_does_not_matter()
    {
        if (FakeTime is null)
        {
            lab.Say("a clock an hour off", $"left out: libfaketime is not here");
            return;
        }

        foreach (var (owner, member) in new[] { ("+1h", "-1h"), ("-1h", "+1h") })
        {
            (lab.Rig.Owner.Machine.Clock, lab.Rig.Member.Clock) = ((FakeTime, owner), (FakeTime, member));
            try
            {
                await lab.ServeAsync();
                foreach (var way in (string[])["straight", "relay"])
                {
                    var done = await ClipAsync(lab.Rig.Get("clip.bin", Options(way)), lab.Rig.Member);
                    Assert.Equal(way, done.GetProperty("way").GetString());
                }
            }
            finally
            {
                (lab.Rig.Owner.Machine.Clock, lab.Rig.Member.Clock) = (null, null);
            }
        }

        lab.Say("clocks an hour off, both ways", $"straight and by the relay");
    }

    private static async Task ChangeAsync(string path, bool isLink = false)
    {
        if (isLink)
        {
            File.Delete(path);
            _ = File.CreateSymbolicLink(path, "clip.bin");
            return;
        }

        await using var stream = File.OpenWrite(path);
        stream.Write([1, 2, 3]);
    }

    private static async Task<JsonElement> ClipAsync(Process get, ClientRig machine)
    {
        var (code, done, errors) = await StraightRig.EndAsync(get, Patience);
        Assert.True(code == 0, errors);
        var file = machine.At("in/clip.bin");
        Assert.True((await File.ReadAllBytesAsync(file)).AsSpan().SequenceEqual(ClientRig.Bytes(StraightLabNetwork.ClipSize, 2)));
        File.Delete(file);
        return done;
    }
}

/// <summary>Tests in the network namespaces that tools/StraightLab/straight makes.</summary>
internal sealed class StraightLabTheoryAttribute : TheoryAttribute
{
    public StraightLabTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable(StraightLabFactAttribute.Variable) is null)
            Skip = "runs by tools/StraightLab/straight";
    }
}
