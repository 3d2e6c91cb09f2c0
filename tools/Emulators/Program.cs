using ChunkUpload.Emulators;
using ChunkUpload.Emulators.Control;

// Starts one emulator and runs until it is told to stop.
try
{
    var command = CommandLine.Parse(args);
    if (command is null)
    {
        Console.WriteLine(CommandLine.Help);
        return 0;
    }

    using var stop = new CancellationTokenSource();
    void Stop(System.Runtime.InteropServices.PosixSignalContext signal)
    {
        signal.Cancel = true;
        stop.Cancel();
    }

    using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, Stop);
    using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, Stop);
    await using var host = await EmulatorHost.StartAsync(command.Emulator, command.Options, stop.Token);
    // Scripts wait for this line.
    Console.WriteLine($"{command.Emulator.Name}: {string.Join(' ', host.Addresses)}");
    try
    {
        await Task.Delay(Timeout.Infinite, stop.Token);
    }
    catch (OperationCanceledException)
    {
        // Stopped by a signal.
    }

    return 0;
}
catch (ControlException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}
