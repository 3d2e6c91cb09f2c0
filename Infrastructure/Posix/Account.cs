using System.Runtime.InteropServices;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>A user of this machine, as its account database knows it.</summary>
internal sealed record Account(string Name, uint User, uint Group)
{
    // getpwnam and getpwuid answer in one static buffer.
    private static readonly Lock Gate = new();

    public bool IsRoot => User == 0;

    public static Account? ByName(string name)
    {
        lock (Gate)
        {
            unsafe
            {
                return From(Libc.Getpwnam(name));
            }
        }
    }

    public static Account? ByUser(uint user)
    {
        lock (Gate)
        {
            unsafe
            {
                return From(Libc.Getpwuid(user));
            }
        }
    }

    private static unsafe Account? From(Libc.Passwd* entry) =>
        entry is null ? null : new Account(Marshal.PtrToStringUTF8(entry->Name)!, entry->User, entry->Group);
}
