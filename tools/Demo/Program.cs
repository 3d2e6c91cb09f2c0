using System.Globalization;
using System.Security.Cryptography;
using ChunkUpload.Demo;

// The arguments are the service's program, the project's folder, a fresh folder that is deleted at the end, and settings of the service.
var (program, root, folder) = (args[0], args[1], args[2]);
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
using var stop = new CancellationTokenSource();
// The terminal sends Ctrl-C to the service, too, which then stops by itself.
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
using var terminated = System.Runtime.InteropServices.PosixSignalRegistration.Create(
    System.Runtime.InteropServices.PosixSignal.SIGTERM, signal =>
    {
        signal.Cancel = true;
        stop.Cancel();
    });
try
{
    await using var receiver = Receiver.Start();
    await using var storages = await Storages.StartAsync(Path.Combine(folder, "storages"), stop.Token);
    await using var service = await DemoProcess.StartAsync(
        program, Path.Combine(folder, "data"), storages.Settings, args[3..], stop.Token);
    Console.Error.WriteLine("Filling the demo ...");
    var password = $"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}-{RandomNumberGenerator.GetHexString(6, true)}";
    var sample = new SampleData(service.Address, service.Key, password, root, receiver.Address);
    var people = await sample.FillAsync(stop.Token);
    await PastWeek.WriteAsync(service.ConnectionString, people, stop.Token);
    await sample.StartJobsAsync(stop.Token);
    var transfers = new SampleTransfers(service.Address, password, people[0], storages);
    await transfers.FillAsync(stop.Token);
    await using var project = new SampleProject(service.Address, Path.Combine(folder, "laptop"));
    await project.FillAsync(people[0], people[2], stop.Token);
    await using var uploads = new RunningUploads(service.Address, people);
    Console.WriteLine($"""

        The demo is ready: {new Uri(service.Address, "console/")}
        Sign in with the password {password} as
        {string.Join(Environment.NewLine, SampleData.SignIns.Select(one => $"  {one.Name,-8}{one.Role}"))}
        or, as the operator, with the link above. Guests send files without signing in: {sample.GuestPage}

        Connections and Transfers of {SampleData.Operator} lead to accounts at Google Drive and OneDrive and a bucket, emulated here.
        Some transfers have ended, one is under way over a slow line that breaks, and two wait for a person:
          "{SampleTransfers.Withdrawn}" waits for a sign-in: press "Sign in again", and allow it as {Storages.Ben}, or use this token
            {transfers.Token}
          "{SampleTransfers.Refused}" waits for room: make some with this command, and press "Try now"
            {storages.MakeRoom}

        Under Syncs, one pair has three conflicts between both accounts, and one asks before it removes files from a disk.

        Under Projects, an agent on {SampleData.Operator}'s laptop serves a folder of "{SampleProject.Name}", and ines has asked for files:
        answer as {SampleData.Operator}, and save them as ines.

        Under Scheduled, what guests and {SampleData.Operator} upload to Deliveries goes on to Ann's Drive by itself: send a file to try it.

        Names, files and the past week are invented; the uploads that run come over slow links that break. Ctrl-C ends it and deletes all.

        """);
    await await Task.WhenAny(uploads.RunAsync(stop.Token), transfers.RunAsync(stop.Token), service.EndedAsync());
    return service.HasFailed ? 1 : 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (Exception exception) when (exception is DemoException or HttpRequestException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}
