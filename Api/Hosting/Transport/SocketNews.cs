using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Who goes on when something comes in. The runtime hands each extent of news from the thread that waits for all sockets to the thread pool, and then wakes
/// a second thread of the pool, in case there is more; also where nobody waits for what it tells. A socket that is straight goes on at once, in the thread that
/// waits for all: whoever awaits it leaves that thread without delay (<see cref="RequestThread"/>).
/// </summary>
internal static class SocketNews
{
    public static void Straighten(Socket socket)
    {
        try
        {
            PreferInlineCompletions(socket.SafeHandle, true);
        }
        catch (MissingMethodException)
        {
            // A runtime that has no such switch: two threads are woken, and all else is the same.
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_PreferInlineCompletions")]
    private static extern void PreferInlineCompletions(SafeSocketHandle socket, bool value);
}
