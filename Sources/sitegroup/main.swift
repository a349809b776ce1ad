import Commands

Command.main()
